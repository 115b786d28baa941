//! What names mean at a point of a statement.

/// One entry of a from clause.
pub(super) enum Item {
    /// A relation, by its index in the statement.
    Relation(usize),
    /// Something whose columns the statement itself names.
    Columns(Vec<String>),
    /// Something whose columns only the server knows.
    Opaque,
}

pub(super) struct Entry {
    /// What the statement calls it.
    pub(super) alias: String,
    /// The schema by which it may be called too.
    pub(super) schema: Option<String>,
    pub(super) item: Item,
}

/// What one level of a statement has in reach.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) entries: Vec<Entry>,
    /// Names that the select list gives, which sorting and grouping may use.
    pub(super) outputs: Vec<String>,
    /// Common table expressions with their columns, where they are known.
    pub(super) queries: Vec<(String, Option<Vec<String>>)>,
}

/// What a name of a column refers to.
pub(super) enum Meaning {
    /// A column of one of these relations.
    Of(Vec<usize>),
    /// Something that nobody can tell, or that is no column.
    None,
}

/// Columns that every table has.
const SYSTEM: &[&str] = &["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"];

/// What a common table expression of this name has, if there is one in reach.
pub(super) fn query<'s>(scopes: &'s [Scope], name: &str) -> Option<&'s Option<Vec<String>>> {
    scopes.iter().rev().find_map(|scope| {
        let mut queries = scope.queries.iter().rev();
        queries
            .find(|(known, _)| known == name)
            .map(|(_, columns)| columns)
    })
}

/// A name without a qualifier: each level sees those around it.
pub(super) fn plain(scopes: &[Scope], name: &str) -> Meaning {
    if SYSTEM.contains(&name) {
        return Meaning::None;
    }
    let mut candidates = Vec::new();
    for scope in scopes.iter().rev() {
        if scope.outputs.iter().any(|output| output == name) {
            return Meaning::None;
        }
        for entry in &scope.entries {
            // A whole row goes by the name of its table.
            if entry.alias == name {
                return Meaning::None;
            }
            match &entry.item {
                Item::Relation(at) => candidates.push(*at),
                Item::Columns(columns) if columns.iter().any(|column| column == name) => {
                    return Meaning::None;
                }
                Item::Columns(_) => {}
                Item::Opaque => return Meaning::None,
            }
        }
    }
    if candidates.is_empty() {
        Meaning::None
    } else {
        Meaning::Of(candidates)
    }
}

/// A name with a qualifier.
pub(super) fn qualified(
    scopes: &[Scope],
    schema: Option<&str>,
    alias: &str,
    name: &str,
) -> Meaning {
    if SYSTEM.contains(&name) {
        return Meaning::None;
    }
    for scope in scopes.iter().rev() {
        for entry in &scope.entries {
            let is_meant =
                entry.alias == alias && (schema.is_none() || entry.schema.as_deref() == schema);
            if is_meant {
                return match entry.item {
                    Item::Relation(at) => Meaning::Of(vec![at]),
                    Item::Columns(_) | Item::Opaque => Meaning::None,
                };
            }
        }
    }
    Meaning::None
}

/// The relations whose rows are read whole by `*`, `t.*` or the bare name of a table.
pub(super) fn whole(scopes: &[Scope], alias: Option<&str>) -> Vec<usize> {
    let relation = |entry: &Entry| match entry.item {
        Item::Relation(at) => Some(at),
        Item::Columns(_) | Item::Opaque => None,
    };
    match alias {
        None => {
            let entries = scopes.last().map(|scope| scope.entries.iter());
            entries.into_iter().flatten().filter_map(relation).collect()
        }
        Some(alias) => {
            let mut entries = scopes.iter().rev().flat_map(|scope| &scope.entries);
            let found = entries.find(|entry| entry.alias == alias);
            found.and_then(relation).into_iter().collect()
        }
    }
}
