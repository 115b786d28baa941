//! What a file of application code says to a database, without the language it says it in.
//!
//! A reader of a language turns a file into chains of calls with the values that it could work out. What such
//! a chain means to a database is read out of it in one place for all languages.

use std::path::PathBuf;
use std::sync::Arc;

use super::generated::Schema;

/// A place in a file: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// What stands in a text for a part that nobody knows.
pub const HOLE: char = '\0';

/// What is known of a value that code hands over.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, such as of a literal, a constant, or a template without holes.
    Text {
        /// The text as the program has it.
        text: Arc<str>,
        /// Whether the text stands at its place as it is, so that a line break in it is one in the file.
        is_verbatim: bool,
    },
    /// A text of which parts are not known: each of those is a [`HOLE`].
    Mold(Arc<str>),
    /// A number as it is written, with its sign.
    Number(Arc<str>),
    /// True or false.
    Bool(bool),
    /// No value: null, nil, None. What is undefined is left out of its fields instead.
    Null,
    /// A list.
    List {
        /// Its known items in order.
        items: Vec<At>,
        /// Whether these are all.
        is_whole: bool,
    },
    /// An object, a map or named arguments.
    Fields {
        /// Its known fields in order.
        fields: Vec<Field>,
        /// Whether these are all: no spread, no computed key.
        is_whole: bool,
    },
    /// One of several, such as of a condition: each of them may come.
    OneOf(Vec<At>),
    /// Nobody knows before the program runs.
    Unknown,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    /// The value.
    pub value: Value,
    /// Where it starts in the file; for a literal behind its quote.
    pub place: Place,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub place: Place,
    /// What it holds.
    pub value: Value,
    /// Whether it may be absent, such as in a spread of a condition.
    pub is_optional: bool,
}

/// A call of a chain: `.eq("id", 1)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method in the spelling of supabase-js, e.g. `in` for Python's `in_` and Dart's `inFilter`.
    pub method: Arc<str>,
    /// Its arguments in the order of supabase-js.
    pub arguments: Vec<At>,
    /// Where the method's name stands.
    pub place: Place,
    /// Whether it is told where it stands: in a function that makes it whoever calls that.
    pub is_told: bool,
}

/// With whose rights a client speaks, as far as the code shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Client {
    /// With those of a visitor or of who is signed in: the key is one that browsers and apps have.
    User,
    /// With the service key, which passes row security.
    Service,
    /// The code does not show it.
    #[default]
    Unknown,
}

/// How sure it is that a chain speaks to Supabase at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Its start is a client that the code makes, imports, is given by type, or calls by a name that says so.
    Known,
    /// Its calls look like it, and where it starts is not known.
    Likely,
}

/// Calls upon a client, in order: `supabase.schema("a").from("b").select("c").eq("d", 1)`.
///
/// What a later statement adds to the same query is part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The calls, from the client on, `storage` and other plain members left out.
    pub calls: Vec<Call>,
    /// With whose rights.
    pub client: Client,
    /// Whether it is about Supabase.
    pub certainty: Certainty,
    /// Whether the calls go to files and not to tables: `supabase.storage.from("avatars")`.
    pub is_of_storage: bool,
}

/// SQL in code: a file of it, a tagged template, or the text of a macro.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The statements; values that come from the program stand as `$1`, `$2`, …
    pub text: Arc<str>,
    /// Where it starts.
    pub place: Place,
    /// Whether a line break in it is one in the file.
    pub is_verbatim: bool,
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    /// The file, relative to where the search began, with `/`.
    pub path: PathBuf,
    /// Calls upon clients.
    pub chains: Vec<Chain>,
    /// SQL.
    pub queries: Vec<Query>,
    /// Tables that types name, such as `Tables<"invitations">`: their schema, if said, and name.
    pub typed: Vec<Typed>,
    /// Schemas as generated types say them.
    pub generated: Vec<Schema>,
}

/// A table or view that only a type names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Its schema, where the type says it.
    pub schema: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// Where.
    pub place: Place,
}

/// A file that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// Why, in words.
    pub why: String,
    /// Whether it should have been read: it does not parse, or could not be opened. What is generated, minified or
    /// no text is left out on purpose.
    pub is_fault: bool,
}
