//! Facts: what is compared of an object. Most objects have facts that many others have, so equal ones are one in memory.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use serde::{Deserialize, Serialize};
use serde_json::Value;

type Map = serde_json::Map<String, Value>;

/// The compared attributes of an object by name. Changing them changes no other object's, whoever shares them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(Arc<Map>);

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
        if let Some(known) = kept().known(&key) {
            return Ok(known);
        }
        let facts = read(text)?;
        kept().keep(key, &facts);
        Ok(facts)
    }

    /// Sets one.
    pub fn insert(&mut self, name: String, value: Value) {
        if self.0.get(&name) != Some(&value) {
            self.edit().insert(name, value);
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) {
        if self.0.contains_key(name) {
            self.edit().remove(name);
        }
    }

    /// Leaves those for which it says yes.
    pub fn retain(&mut self, keep: impl Fn(&str, &Value) -> bool) {
        if !self.0.iter().all(|(name, value)| keep(name, value)) {
            self.edit().retain(|name, value| keep(name, value));
        }
    }

    /// All of them, to change, as a copy of this object's own.
    pub fn edit(&mut self) -> &mut Map {
        Arc::make_mut(&mut self.0)
    }
}

impl Deref for Facts {
    type Target = Map;

    fn deref(&self) -> &Map {
        &self.0
    }
}

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl From<Map> for Facts {
    fn from(map: Map) -> Self {
        Self(Arc::new(map))
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
        self.0.iter()
    }
}

/// A hash that nobody finds two texts for: whose facts these are must not be a question of luck.
type Key = [u8; 32];

fn key(class: &str, text: &str) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(class.as_bytes());
    hasher.update(b"\0");
    hasher.update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

/// The facts that contracts of this process hold at the moment.
#[derive(Default)]
struct Kept {
    by_text: HashMap<Key, Weak<Map>>,
    /// At how many those that nobody holds any more are looked for.
    sweep_at: usize,
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

fn kept() -> std::sync::MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    fn known(&self, key: &Key) -> Option<Facts> {
        self.by_text.get(key)?.upgrade().map(Facts)
    }

    fn keep(&mut self, key: Key, facts: &Facts) {
        if self.by_text.len() >= self.sweep_at {
            self.by_text.retain(|_, facts| facts.strong_count() > 0);
            self.sweep_at = 2 * self.by_text.len().max(500);
        }
        self.by_text.insert(key, Arc::downgrade(&facts.0));
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
        let elsewhere = Facts::shared("view", text, read).expect("JSON");
        assert!(Arc::ptr_eq(&one.0, &other.0));
        assert!(!Arc::ptr_eq(&one.0, &elsewhere.0));
        assert_eq!(one, elsewhere);
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
        assert!(kept().by_text.len() < 6_000);
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        assert!(Facts::shared("table", "{", read).is_err());
        assert!(Facts::shared("table", "{", read).is_err());
    }
}
