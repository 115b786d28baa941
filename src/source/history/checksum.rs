//! Checksums of files as migration tools compute them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sha2::{Digest as _, Sha256, Sha384};

use crate::inspect::Tool;
use crate::source::layout::Migration;

/// The checksums that a tool may have recorded for a file; none where it records none.
///
/// A checkout may have changed the line ends, which nobody edited: each spelling has a checksum.
pub(super) fn of(tool: Tool, migration: &Migration) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(&migration.raw) else {
        return Vec::new();
    };
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let spellings = [text, &unix, &windows];
    match tool {
        Tool::Sqlx => spellings.map(|text| hex(&Sha384::digest(text))).to_vec(),
        Tool::Prisma | Tool::Drizzle => spellings.map(|text| hex(&Sha256::digest(text))).to_vec(),
        Tool::Flyway => vec![lines_crc(text).to_string()],
        Tool::Refinery => {
            let hashes = spellings.into_iter().map(|text| refinery(migration, text));
            hashes.flatten().collect()
        }
        Tool::Supabase | Tool::Goose | Tool::Dbmate | Tool::GolangMigrate | Tool::Plain => {
            Vec::new()
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// CRC-32 over the lines without their ends, as the signed number a Java `int` is.
fn lines_crc(text: &str) -> i32 {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let joined: Vec<u8> = text.bytes().filter(|byte| *byte != b'\n').collect();
    crc32fast::hash(&joined).cast_signed()
}

/// `SipHash` 1-3 without a key over name, version and text; the version is hashed as 4 bytes or, where it was built
/// for large versions, as 8.
fn refinery(migration: &Migration, text: &str) -> Vec<String> {
    let hash = |version: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        migration.name.hash(&mut hasher);
        version(&mut hasher);
        text.hash(&mut hasher);
        hasher.finish().to_string()
    };
    let short = migration.version.parse::<i32>().ok();
    let long = migration.version.parse::<i64>().ok();
    let short = short.map(|version| hash(&|hasher| version.hash(hasher)));
    let long = long.map(|version| hash(&|hasher| version.hash(hasher)));
    short.into_iter().chain(long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_count_for_flyway() {
        // The check value of CRC-32 is that of these nine digits.
        assert_eq!(lines_crc("123456789"), 0xcbf4_3926_u32.cast_signed());
        assert_eq!(lines_crc("123\r\n456\n789\n"), lines_crc("123456789"));
        assert_eq!(lines_crc("\u{feff}123456789"), lines_crc("123456789"));
    }

    #[test]
    fn digests_are_spelled_in_hexadecimal() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&Sha256::digest("")), empty);
        assert!(hex(&Sha384::digest("")).starts_with("38b060a751ac96384cd9327eb1b1e36a"));
    }

    #[test]
    fn the_hash_without_a_key_stays_what_it_is() {
        // SipHash 1-3 of nothing: were the library's hash another one some day, nothing could be said of refinery.
        assert_eq!(DefaultHasher::new().finish(), 15_130_871_412_783_076_140);
    }
}
