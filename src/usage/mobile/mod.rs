//! Reads Dart, Swift and Kotlin: what apps say through the clients of these languages.
//!
//! No parser is needed for that: chains of calls, literals and constants look alike in all three. Their literals
//! and comments are read exactly; everything else is words, signs and brackets.

mod calls;
mod chains;
mod collections;
mod constants;
mod lexer;
mod methods;
mod segments;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use constants::Constants;
use lexer::{Kind, Language, Tokens};

use super::code::{Client, File, Skipped};
use super::files::Source;

/// A longer file is generated.
const LONGEST: usize = 2_000_000;

/// A file that was taken apart.
struct Parsed {
    at: usize,
    language: Language,
    tokens: Tokens,
    /// Whether it names the client at all.
    imports: bool,
    /// Bodies of extensions of the client, in which it is implied.
    extensions: Vec<Range<usize>>,
    /// Names that it declares more than once.
    repeated: BTreeSet<String>,
}

/// All files, and what one may take from another.
struct Program {
    files: Vec<Parsed>,
    constants: Constants,
    /// Names that are declared as a client.
    clients: BTreeSet<String>,
    /// Properties that extensions of the client have for tables: the file and where the table's name stands.
    getters: BTreeMap<String, (usize, Range<usize>)>,
    client: Client,
}

/// Reads files, each for itself but for the constants of the others.
pub fn read(sources: &[Source]) -> (Vec<File>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let mut parsed = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let Some(language) = language(source) else {
            continue;
        };
        let read = catch_unwind(AssertUnwindSafe(|| parse(at, source, language)));
        match read {
            Ok(Ok(file)) => parsed.push(file),
            Ok(Err(why)) => skipped.push(fault(source, why)),
            Err(_) => skipped.push(fault(source, "it could not be read")),
        }
    }
    let program = Program::new(parsed);
    let mut files = Vec::new();
    for at in 0..program.files.len() {
        let source = &sources[program.files[at].at];
        match catch_unwind(AssertUnwindSafe(|| {
            chains::Finder::new(&program, at).find()
        })) {
            Ok(chains) if chains.is_empty() => {}
            Ok(chains) => files.push(File {
                path: source.path.clone(),
                chains,
                ..File::default()
            }),
            Err(_) => skipped.push(fault(source, "it could not be read")),
        }
    }
    skipped.sort();
    (files, skipped)
}

fn fault(source: &Source, why: &str) -> Skipped {
    Skipped {
        path: source.path.clone(),
        why: why.to_owned(),
        is_fault: true,
    }
}

fn language(source: &Source) -> Option<Language> {
    match source.path.extension()?.to_str()? {
        "dart" => Some(Language::Dart),
        "swift" => Some(Language::Swift),
        "kt" | "kts" => Some(Language::Kotlin),
        _ => None,
    }
}

fn parse(at: usize, source: &Source, language: Language) -> Result<Parsed, &'static str> {
    if source.text.len() > LONGEST {
        return Err("it is too long for a file that somebody wrote");
    }
    let tokens = Tokens::new(&source.text, language)
        .ok_or("it is too long for a file that somebody wrote")?;
    let extensions = extensions(&tokens);
    let repeated = constants::repeated(&tokens, language);
    Ok(Parsed {
        at,
        language,
        tokens,
        imports: source.text.to_lowercase().contains("supabase"),
        extensions,
        repeated,
    })
}

/// Bodies of `extension X on SupabaseClient {`, `extension SupabaseClient {`.
fn extensions(tokens: &Tokens) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for at in 0..tokens.all.len() {
        if !tokens.is_word(at, "extension") {
            continue;
        }
        let Some(brace) = (at + 1..at + 12).find(|next| tokens.is(*next, '{')) else {
            continue;
        };
        let is_client = (at..brace).any(|next| tokens.is_word(next, "SupabaseClient"));
        found.extend(is_client.then(|| tokens.inside(brace)).flatten());
    }
    found
}

impl Program {
    fn new(files: Vec<Parsed>) -> Self {
        let mut program = Self {
            files,
            constants: Constants::default(),
            clients: BTreeSet::new(),
            getters: BTreeMap::new(),
            client: Client::Unknown,
        };
        let mut words = String::new();
        for (at, file) in program.files.iter().enumerate() {
            program.constants.add_all(at, &file.tokens, file.language);
            clients(&file.tokens, &mut program.clients);
            keys(&file.tokens, &mut words);
            for body in &file.extensions {
                getters(at, &file.tokens, body.clone(), &mut program.getters);
            }
        }
        let is_service = words.contains("service") || words.contains("secret");
        let is_user = words.contains("anon") || words.contains("publishable");
        program.client = match (is_service, is_user) {
            (true, false) => Client::Service,
            (false, true) => Client::User,
            _ => Client::Unknown,
        };
        program
    }
}

/// Names of variables that hold a client: `final SupabaseClient a`, `let a: SupabaseClient`, `val a = createSupabaseClient(`.
fn clients(tokens: &Tokens, names: &mut BTreeSet<String>) {
    for at in 0..tokens.all.len() {
        let Some(word) = tokens.word(at) else {
            continue;
        };
        let is_type = word == "SupabaseClient";
        let is_made = (is_type || word == "createSupabaseClient") && tokens.is(at + 1, '(')
            || (word == "Supabase" && tokens.is_word(at + 2, "instance"));
        let before = at.wrapping_sub(1);
        if (is_made && tokens.is(before, '=')) || (is_type && tokens.is(before, ':')) {
            names.extend(
                at.checked_sub(2)
                    .and_then(|at| tokens.word(at))
                    .map(str::to_owned),
            );
        }
        if is_type {
            let next = at + 1 + usize::from(tokens.is(at + 1, '?') || tokens.is(at + 1, '!'));
            let name = tokens
                .word(next)
                .filter(|name| !matches!(*name, "get" | "on" | "with"));
            names.extend(name.map(str::to_owned));
            // `SupabaseClient get client =>`
            if tokens.is_word(next, "get") {
                names.extend(tokens.word(next + 1).map(str::to_owned));
            }
        }
    }
}

/// The words with which clients are made.
fn keys(tokens: &Tokens, words: &mut String) {
    for at in 0..tokens.all.len() {
        let makes = matches!(
            tokens.word(at),
            Some("initialize" | "SupabaseClient" | "createSupabaseClient")
        );
        let Some(inner) = makes
            .then(|| tokens.inside(at + 1))
            .flatten()
            .filter(|_| tokens.is(at + 1, '('))
        else {
            continue;
        };
        for token in &tokens.all[inner] {
            let word = match &token.kind {
                Kind::Word(word) => word.to_lowercase(),
                Kind::Text(parts, _) => format!("{parts:?}").to_lowercase(),
                Kind::Number(_) | Kind::Sign(_) => continue,
            };
            if words.len() < 20_000 {
                words.push(' ');
                words.push_str(&word);
            }
        }
    }
}

/// `get users => from('users')`, `var users: Builder { from("users") }`.
fn getters(
    file: usize,
    tokens: &Tokens,
    body: Range<usize>,
    found: &mut BTreeMap<String, (usize, Range<usize>)>,
) {
    for at in body.clone() {
        if !tokens.is_word(at, "from")
            || !tokens.is(at + 1, '(')
            || tokens.is(at.wrapping_sub(1), '.')
        {
            continue;
        }
        let name = if tokens.is(at - 1, '>')
            && tokens.is(at.wrapping_sub(2), '=')
            && tokens.is_word(at.wrapping_sub(4), "get")
        {
            tokens.word(at - 3)
        } else if tokens.is(at - 1, '{') {
            let var = (at.saturating_sub(8)..at).find(|at| tokens.is_word(*at, "var"));
            var.and_then(|var| tokens.word(var + 1))
        } else {
            None
        };
        let argument = tokens.inside(at + 1).filter(|inner| !inner.is_empty());
        if let (Some(name), Some(argument)) = (name, argument) {
            found.insert(name.to_owned(), (file, argument));
        }
    }
}
