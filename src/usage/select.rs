//! The grammar of what a request selects: `id, org:organizations!inner(name), meta->>title::text, count()`.
//!
//! As `PostgREST` reads it (its documentation: "Resource Representation", "Resource Embedding", "Aggregate
//! Functions"), with blanks anywhere between words, which clients take out.

/// One thing that is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// All columns.
    Star,
    /// A column, or a part of one.
    Column(Column),
    /// `count()`: how many rows.
    Count,
    /// Rows of another relation.
    Embed(Embed),
}

/// A selected column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Where the name begins, in bytes.
    pub at: usize,
    /// The name it is given.
    pub alias: Option<String>,
    /// Whether only a part of it is meant: `meta->>title`.
    pub has_path: bool,
    /// What is computed of it: sum, avg, min, max, count.
    pub aggregate: Option<String>,
}

/// Selected rows of another relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// A relation, a foreign key or a column of one.
    pub target: String,
    /// Where the target begins, in bytes.
    pub at: usize,
    /// The name it is given.
    pub alias: Option<String>,
    /// What tells the foreign key apart from others.
    pub hint: Option<String>,
    /// What is selected of them.
    pub items: Vec<Item>,
}

/// Why a text selects nothing, and where, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Why.
    pub why: String,
    /// Where.
    pub at: usize,
}

/// How deep rows may be inside of rows: no request goes that far.
const DEEPEST: u8 = 40;

/// Reads what is selected.
pub fn parse(text: &str) -> Result<Vec<Item>, Malformed> {
    let mut reader = Reader { text, at: 0 };
    let items = reader.items(0)?;
    match reader.peek() {
        None => Ok(items),
        Some(_) => Err(reader.malformed("a bracket is closed that was never opened")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn items(&mut self, depth: u8) -> Result<Vec<Item>, Malformed> {
        let mut items = Vec::new();
        if depth > DEEPEST {
            return Err(self.malformed("it is nested too deep"));
        }
        loop {
            match self.peek() {
                None | Some(')') if items.is_empty() => return Ok(items),
                _ => items.push(self.item(depth)?),
            }
            if !self.takes(',') {
                return Ok(items);
            }
        }
    }

    fn item(&mut self, depth: u8) -> Result<Item, Malformed> {
        let is_spread = self.takes_all("...");
        if !is_spread && self.takes('*') {
            return Ok(Item::Star);
        }
        let (mut name, mut at) = self.name()?;
        let mut alias = None;
        if self.peek() == Some(':') && !self.rest().starts_with("::") {
            self.takes(':');
            alias = Some(name);
            (name, at) = self.name()?;
        }
        let is_joined = self.peek() == Some('!');
        let hint = self.hints()?;
        let is_count = name == "count" && hint.is_none() && self.takes_empty_call();
        if is_count {
            self.cast()?;
            return Ok(Item::Count);
        }
        if self.takes('(') {
            let items = self.items(depth + 1)?;
            if !self.takes(')') {
                return Err(self.malformed("a bracket is not closed"));
            }
            return Ok(Item::Embed(Embed {
                target: name,
                at,
                alias,
                hint,
                items,
            }));
        }
        if is_spread || is_joined {
            return Err(self.malformed("a bracket with columns is missing"));
        }
        self.column(name, at, alias).map(Item::Column)
    }

    /// What follows the name of a column: a path, a cast, what is computed, and a cast of that.
    fn column(
        &mut self,
        name: String,
        at: usize,
        alias: Option<String>,
    ) -> Result<Column, Malformed> {
        let mut has_path = false;
        while self.takes_all("->>") || self.takes_all("->") {
            self.name()?;
            has_path = true;
        }
        self.cast()?;
        let mut aggregate = None;
        if self.takes('.') {
            let (word, _) = self.name()?;
            if !self.takes_empty_call() {
                return Err(self.malformed("what is computed of a column ends in `()`"));
            }
            aggregate = Some(word);
            self.cast()?;
        }
        match self.peek() {
            None | Some(',' | ')') => Ok(Column {
                name,
                at,
                alias,
                has_path,
                aggregate,
            }),
            Some(_) => Err(self.malformed("there should be a comma or the end")),
        }
    }

    fn hints(&mut self) -> Result<Option<String>, Malformed> {
        let mut hint = None;
        while self.takes('!') {
            let (word, _) = self.name()?;
            // How they are joined is no hint.
            if !matches!(word.as_str(), "inner" | "left") {
                hint = Some(word);
            }
        }
        Ok(hint)
    }

    fn cast(&mut self) -> Result<(), Malformed> {
        if self.takes_all("::") {
            self.name()?;
            self.takes_all("[]");
        }
        Ok(())
    }

    /// A name, in quotes or up to the next sign; blanks around it are left out.
    fn name(&mut self) -> Result<(String, usize), Malformed> {
        self.skip_blanks();
        let at = self.at;
        if self.takes('"') {
            let mut name = String::new();
            while let Some(c) = self.rest().chars().next() {
                self.at += c.len_utf8();
                match c {
                    '\\' => {
                        if let Some(escaped) = self.rest().chars().next() {
                            self.at += escaped.len_utf8();
                            name.push(escaped);
                        }
                    }
                    '"' => return Ok((name, at + 1)),
                    _ => name.push(c),
                }
            }
            return Err(self.malformed("a quote is not closed"));
        }
        let rest = self.rest();
        let end = rest.char_indices().find(|(at, c)| {
            matches!(c, ',' | '(' | ')' | ':' | '!' | '.' | '"' | '*' | '[')
                || rest[*at..].starts_with("->")
        });
        let end = end.map_or(rest.len(), |(end, _)| end);
        let name: String = rest[..end].split_whitespace().collect();
        self.at += end;
        match name.is_empty() {
            true => Err(Malformed {
                why: "a name is missing".to_owned(),
                at,
            }),
            false => Ok((name, at)),
        }
    }

    fn takes_empty_call(&mut self) -> bool {
        let before = self.at;
        let is_one = self.takes('(') && self.takes(')');
        if !is_one {
            self.at = before;
        }
        is_one
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let is_it = self.rest().starts_with(sign);
        if is_it {
            self.at += sign.len_utf8();
        }
        is_it
    }

    fn takes_all(&mut self, signs: &str) -> bool {
        self.skip_blanks();
        let is_it = self.rest().starts_with(signs);
        if is_it {
            self.at += signs.len();
        }
        is_it
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn malformed(&self, why: &str) -> Malformed {
        Malformed {
            why: why.to_owned(),
            at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(item: &Item) -> &Column {
        match item {
            Item::Column(column) => column,
            other => panic!("{other:?} is no column"),
        }
    }

    fn embed(item: &Item) -> &Embed {
        match item {
            Item::Embed(embed) => embed,
            other => panic!("{other:?} embeds nothing"),
        }
    }

    #[test]
    fn columns_have_aliases_paths_casts_and_aggregates() {
        let text = "*, id, when:created_at, meta->a->>b, n::text, amount.sum()::int, x:amount.avg(), count(), \"a b\"";
        let items = parse(text).unwrap();
        assert_eq!((&items[0], &items[7]), (&Item::Star, &Item::Count));
        assert_eq!(column(&items[2]).alias.as_deref(), Some("when"));
        assert_eq!(column(&items[2]).name, "created_at");
        assert!(column(&items[3]).has_path);
        assert_eq!(column(&items[4]).name, "n");
        assert_eq!(column(&items[5]).aggregate.as_deref(), Some("sum"));
        assert_eq!(column(&items[6]).alias.as_deref(), Some("x"));
        assert_eq!(column(&items[8]).name, "a b");
    }

    #[test]
    fn embedded_rows_have_hints_and_their_own_columns() {
        let items = parse(
            "id, org : organizations!fk_org!inner ( name, ...owner(mail) ), tags(count), c()",
        )
        .unwrap();
        let org = embed(&items[1]);
        assert_eq!(
            (org.target.as_str(), org.alias.as_deref()),
            ("organizations", Some("org"))
        );
        assert_eq!(org.hint.as_deref(), Some("fk_org"));
        assert_eq!(embed(&org.items[1]).target, "owner");
        assert_eq!(column(&embed(&items[2]).items[0]).name, "count");
        assert!(embed(&items[3]).items.is_empty());
    }

    #[test]
    fn places_are_those_of_names() {
        let text = "id,\n  org:organizations(\n    nam)";
        let items = parse(text).unwrap();
        let org = embed(&items[1]);
        assert_eq!(&text[org.at..org.at + 4], "orga");
        let name = column(&org.items[0]);
        assert_eq!(&text[name.at..], "nam)");
    }

    #[test]
    fn what_is_malformed_is_told_with_its_place() {
        for (text, why) in [
            ("id, org(name", "a bracket is not closed"),
            ("id, name)", "a bracket is closed that was never opened"),
            ("id,, name", "a name is missing"),
            ("id, ", "a name is missing"),
            ("a!inner", "a bracket with columns is missing"),
        ] {
            assert_eq!(parse(text).unwrap_err().why, why, "{text}");
        }
        assert!(parse("").unwrap().is_empty());
    }
}
