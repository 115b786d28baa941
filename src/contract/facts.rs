//! Facts: what is compared of an object. Most objects have facts that many others have, so equal ones are one in memory.

use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};

use serde::{Deserialize, Serialize};
use serde_json::Value;

type Map = serde_json::Map<String, Value>;

/// The compared attributes of an object by name. Changing them changes no other object's, whoever shares them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(Arc<Kept>);

/// Facts with what was worked out of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Kept {
    map: Map,
    #[serde(skip)]
    digest: OnceLock<Digest>,
}

impl Facts {
    /// Gives the facts that a text says, made by `read` unless they are there: of this text, and this class.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn shared<E>(
        class: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<Self, E>,
    ) -> Result<Self, E> {
        let key = key(class, text);
        if let Some(known) = pool().known(&key) {
            return Ok(known);
        }
        let facts = read(text)?.pooled();
        pool().by_text.insert(key, Arc::downgrade(&facts.0));
        Ok(facts)
    }

    /// The same facts, as another object has them if one does.
    #[must_use]
    pub fn pooled(self) -> Self {
        let digest = *self.digest();
        let mut pool = pool();
        let known = pool.by_content.get(&digest).and_then(Weak::upgrade);
        match known {
            Some(known) => Self(known),
            None => {
                pool.keep(digest, &self);
                self
            }
        }
    }

    /// Sets one.
    pub fn insert(&mut self, name: String, value: Value) {
        if self.get(&name) != Some(&value) {
            self.edit().insert(name, value);
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) {
        if self.contains_key(name) {
            self.edit().remove(name);
        }
    }

    /// Leaves those for which it says yes.
    pub fn retain(&mut self, keep: impl Fn(&str, &Value) -> bool) {
        if !self.iter().all(|(name, value)| keep(name, value)) {
            self.edit().retain(|name, value| keep(name, value));
        }
    }

    /// All of them, to change, as a copy of this object's own.
    pub fn edit(&mut self) -> &mut Map {
        let own = Arc::make_mut(&mut self.0);
        own.digest = OnceLock::new();
        &mut own.map
    }

    /// A hash of them: equal ones have equal hashes.
    pub fn digest(&self) -> &Digest {
        self.0.digest.get_or_init(|| {
            let text = serde_json::to_vec(&self.0.map).expect("facts are plain JSON values");
            *blake3::hash(&text).as_bytes()
        })
    }
}

impl Deref for Facts {
    type Target = Map;

    fn deref(&self) -> &Map {
        &self.0.map
    }
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.map == other.0.map
    }
}

impl From<Map> for Facts {
    fn from(map: Map) -> Self {
        Self(Arc::new(Kept {
            map,
            digest: OnceLock::new(),
        }))
    }
}

impl FromIterator<(String, Value)> for Facts {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(facts: I) -> Self {
        Map::from_iter(facts).into()
    }
}

impl<'a> IntoIterator for &'a Facts {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map.iter()
    }
}

/// A hash that nobody finds two texts for: whose facts these are must not be a question of luck.
type Digest = [u8; 32];

fn key(class: &str, text: &str) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(class.as_bytes());
    hasher.update(b"\0");
    hasher.update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

#[expect(
    clippy::disallowed_types,
    reason = "its order reaches nobody: it is looked up in"
)]
type ByDigest = std::collections::HashMap<Digest, Weak<Kept>>;

/// The facts that contracts of this process hold at the moment.
#[derive(Default)]
struct Pool {
    /// By the text that a server said them in.
    by_text: ByDigest,
    by_content: ByDigest,
    /// At how many those that nobody holds any more are looked for.
    sweep_at: usize,
}

static POOL: LazyLock<Mutex<Pool>> = LazyLock::new(Mutex::default);

fn pool() -> std::sync::MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    fn known(&self, key: &Digest) -> Option<Facts> {
        self.by_text.get(key)?.upgrade().map(Facts)
    }

    fn keep(&mut self, digest: Digest, facts: &Facts) {
        if self.by_content.len() >= self.sweep_at {
            for kept in [&mut self.by_text, &mut self.by_content] {
                kept.retain(|_, facts| facts.strong_count() > 0);
            }
            self.sweep_at = 2 * self.by_content.len().max(500);
        }
        self.by_content.insert(digest, Arc::downgrade(&facts.0));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> serde_json::Result<Facts> {
        serde_json::from_str(text)
    }

    #[test]
    fn equal_texts_of_a_class_are_one_until_one_is_changed() {
        let text = r#"{"equal_texts_of_a_class":true}"#;
        let one = Facts::shared("table", text, read).expect("JSON");
        let mut other = Facts::shared("table", text, read).expect("JSON");
        let spaced = r#"{ "equal_texts_of_a_class": true }"#;
        let elsewhere = Facts::shared("view", spaced, read).expect("JSON");
        let saved = read(spaced).expect("JSON").pooled();
        for same in [&other, &elsewhere, &saved] {
            assert!(Arc::ptr_eq(&one.0, &same.0));
        }
        other.insert("more".to_owned(), json!(1));
        assert_eq!(one.len(), 1);
        assert_ne!(one, other);
    }

    #[test]
    fn what_nobody_holds_any_more_is_not_kept() {
        for number in 0..10_000 {
            let text = format!(r#"{{"what_nobody_holds":{number}}}"#);
            Facts::shared("table", &text, read).expect("JSON");
        }
        assert!(pool().by_text.len() < 6_000);
        assert!(pool().by_content.len() < 6_000);
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        assert!(Facts::shared("table", "{", read).is_err());
        assert!(Facts::shared("table", "{", read).is_err());
    }
}
