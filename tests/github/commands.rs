//! Workflow commands and masks.

use pgpact::github::{commands, masks_for};
use pgpact::report::annotations::{Annotation, Level};
use secrecy::{ExposeSecret as _, SecretString};

fn masks(connection: &str) -> Vec<String> {
    let masks = masks_for(&SecretString::from(connection.to_owned()));
    masks
        .iter()
        .map(|mask| mask.expose_secret().to_owned())
        .collect()
}

#[test]
fn an_annotation_keeps_its_text_to_itself() {
    let annotation = Annotation {
        path: "a,b:c.sql".to_owned(),
        line: 3,
        level: Level::Failure,
        title: "100%,\nline=9::".to_owned(),
        message: "one\r\n::set-output name=verdict::holds\n##[set-output name=verdict]holds"
            .to_owned(),
    };
    assert_eq!(
        commands::annotation(&annotation),
        "::error file=a%2Cb%3Ac.sql,line=3,endLine=3,title=100%25%2C%0Aline=9%3A%3A::\
         one%0D%0A::set-output name=verdict::holds%0A##\u{200b}[set-output name=verdict]holds"
    );
}

#[test]
fn commands_in_text_of_strangers_are_broken() {
    let text = "fine\n::set-output name=a::b\n  ::add-mask::x\rx ::error::y\nNOTICE: ##[error]z";
    let harmless = commands::harmless(text);
    for line in harmless.split(['\n', '\r']) {
        assert!(!line.trim().starts_with("::"), "{line}");
        assert!(!line.contains("##["), "{line}");
    }
    assert!(
        harmless.contains("x ::error::y"),
        "not at the start of a line it is no command"
    );
    let cast = "where role = 'admin'::text";
    assert_eq!(commands::harmless(cast), cast);
}

#[test]
fn json_says_the_same_and_acts_on_nobody() {
    let names = [
        "##[error]x",
        "\u{9b}31m",
        "\u{202e}evil",
        "\u{7f}",
        "\u{e0041}",
        "ä 🦀",
    ];
    let json = serde_json::json!(names).to_string();
    let harmless = commands::harmless_json(&json);
    assert_eq!(
        serde_json::from_str::<Vec<String>>(&harmless).unwrap(),
        names
    );
    assert!(!harmless.contains("##["));
    assert!(!harmless.contains(['\u{9b}', '\u{202e}', '\u{7f}', '\u{e0041}']));
    assert!(harmless.contains("ä 🦀"));
}

#[test]
fn long_text_of_strangers_cannot_switch_commands_on_again() {
    let text = commands::untrusted("::pgpact-0::\nhello");
    let lines: Vec<&str> = text.lines().collect();
    let token = lines[0].strip_prefix("::stop-commands::").unwrap();
    assert_eq!(lines.last().unwrap(), &format!("::{token}::"));
    assert_ne!(commands::untrusted("x"), commands::untrusted("x"));
    assert!(!lines[1].starts_with("::"));
}

#[test]
fn a_mask_of_several_lines_is_one_command() {
    let secret = SecretString::from("a%b\nc".to_owned());
    assert_eq!(commands::add_mask(&secret), "::add-mask::a%25b%0Ac");
}

#[test]
fn every_spelling_of_a_password_is_masked() {
    let found = masks("postgres://app:s%2fe%40cret@db.example:5432/app?sslmode=require");
    for form in [
        "postgres://app:s%2fe%40cret@db.example:5432/app?sslmode=require",
        "s%2fe%40cret",
        "s/e@cret",
        "s%2Fe%40cret",
    ] {
        assert!(found.contains(&form.to_owned()), "{form} of {found:?}");
    }
    assert!(found.windows(2).all(|pair| pair[0].len() >= pair[1].len()));
    assert!(!found.contains(&"app".to_owned()));
}

#[test]
fn passwords_that_are_spelled_wrongly_or_elsewhere_are_masked_too() {
    assert!(masks("postgres://app:p@ss/w@db/app").contains(&"p@ss/w".to_owned()));
    assert!(
        masks("host=db user=app password='hunter2 '")
            .iter()
            .any(|m| m.contains("hunter2"))
    );
    assert!(masks("postgres://db/app?user=a&password=tok%3Den").contains(&"tok=en".to_owned()));
}

#[test]
fn of_several_sources_only_those_with_secrets_are_masked() {
    let found = masks("supabase/migrations\nenv:DATABASE_URL\npostgres://app:hunter2@db/app\n");
    assert_eq!(found, ["postgres://app:hunter2@db/app", "hunter2"]);
}

#[test]
fn a_password_that_is_the_users_name_is_masked_only_in_the_whole() {
    assert_eq!(
        masks("postgres://postgres:postgres@localhost/postgres"),
        ["postgres://postgres:postgres@localhost/postgres"]
    );
}
