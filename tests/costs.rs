//! What reading a database costs it, counted and not timed: messages, calls that deparse, and bytes.
//!
//! The functions that deparse are put behind ones of the same names that the server counts the calls of.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::support::binary::Run;
use crate::support::own::OwnServer;
use crate::support::proxy::{Way, counted_way_to};
use crate::support::repository;

/// Functions that parse or print what they find, with their arguments and what they give.
const DEPARSERS: &[(&str, &str, &str)] = &[
    ("pg_get_expr", "pg_node_tree, oid", "text"),
    ("pg_get_expr", "pg_node_tree, oid, boolean", "text"),
    ("pg_get_constraintdef", "oid", "text"),
    ("pg_get_constraintdef", "oid, boolean", "text"),
    ("pg_get_indexdef", "oid", "text"),
    ("pg_get_indexdef", "oid, integer, boolean", "text"),
    ("pg_get_triggerdef", "oid", "text"),
    ("pg_get_triggerdef", "oid, boolean", "text"),
    ("pg_get_viewdef", "oid", "text"),
    ("pg_get_viewdef", "oid, boolean", "text"),
    ("pg_get_ruledef", "oid", "text"),
    ("pg_get_ruledef", "oid, boolean", "text"),
    ("pg_get_functiondef", "oid", "text"),
    ("pg_get_function_sqlbody", "oid", "text"),
];

/// How many there are of what only deparsing tells: nothing else may be deparsed.
const EXPRESSIONS: &str = "
select 'pg_get_expr' as name,
  (select count(*) from pg_attrdef where oid >= 16384)
  + (select count(conbin) from pg_constraint where oid >= 16384)
  + (select count(indpred) from pg_index where indexrelid >= 16384)
  + (select count(polqual) + count(polwithcheck) from pg_policy)
  + (select count(relpartbound) from pg_class where oid >= 16384) as number
union all
select 'pg_get_indexdef', count(*) from pg_index i, unnest(i.indkey::int2[]) k where k = 0 and i.indexrelid >= 16384
union all
select 'pg_get_triggerdef', count(tgqual) from pg_trigger where oid >= 16384
union all
select 'pg_get_constraintdef', count(*) from pg_constraint where contype = 'x' and oid >= 16384
union all
select 'pg_get_viewdef', count(*) from pg_class where relkind in ('v', 'm') and oid >= 16384
union all
select 'pg_get_ruledef', count(*) from pg_rewrite where rulename <> '_RETURN' and oid >= 16384
union all
select 'pg_get_function_sqlbody', count(prosqlbody) from pg_proc where oid >= 16384";

/// What one reading came to.
#[derive(Debug, Clone, PartialEq)]
struct Cost {
    messages: usize,
    bytes: usize,
    calls: BTreeMap<String, usize>,
}

struct Counted {
    server: OwnServer,
    way: u16,
    said: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

impl Counted {
    /// A server with so many tables of the benches' schema, whose deparsing is counted.
    async fn start(tables: usize) -> Option<Self> {
        let mut server = OwnServer::new()?;
        server.start_logging(&["track_functions=pl"]);
        let (way, said) = counted_way_to(server.port, Way::default());
        let counted = Self {
            server,
            way,
            said,
            folder: tempfile::tempdir().unwrap(),
        };
        let mut own = counted.server.connect("postgres").await;
        run(
            &mut own,
            &format!("set bench.tables = {tables}; set search_path = public"),
        )
        .await;
        for statement in statements(&fs::read_to_string(repository("benches/schema.sql")).unwrap())
        {
            run(&mut own, &statement).await;
        }
        run(
            &mut own,
            "set allow_system_table_mods = on; set search_path = pg_catalog",
        )
        .await;
        for (name, arguments, gives) in DEPARSERS {
            let places = (1..=arguments.split(", ").count()).map(|place| format!("${place}"));
            let places: Vec<String> = places.collect();
            let places = places.join(", ");
            run(
                &mut own,
                &format!(
                    "alter function pg_catalog.{name}({arguments}) rename to {name}_itself;
                     create function pg_catalog.{name}({arguments}) returns {gives} language plpgsql stable strict
                     as $$ begin return pg_catalog.{name}_itself({places}); end $$"
                ),
            )
            .await;
        }
        Some(counted)
    }

    async fn numbers(&self, query: &str) -> BTreeMap<String, usize> {
        let mut own = self.server.connect("postgres").await;
        let rows = own
            .fetch_all(sqlx::raw_sql(AssertSqlSafe(query.to_owned())))
            .await
            .unwrap();
        let pair = |row: &sqlx::postgres::PgRow| {
            let text = |at: usize| row.try_get_raw(at).unwrap().as_str().unwrap().to_owned();
            (text(0), text(1).parse().unwrap())
        };
        rows.iter().map(pair).collect()
    }

    /// Calls of functions that were counted so far, by name.
    async fn calls(&self) -> BTreeMap<String, usize> {
        let query = "select funcname::text, sum(calls) from pg_stat_user_functions where schemaname = 'pg_catalog' group by 1";
        self.numbers(query).await
    }

    fn messages(&self) -> usize {
        let log = self.server.log();
        let is_ours =
            |line: &&str| line.contains("|pgpact|") && line.contains("|LOG:  statement: ");
        log.lines().filter(is_ours).count()
    }

    /// Runs the binary, and gives what that cost the server.
    async fn cost_of(&self, arguments: &[&str]) -> Cost {
        let before = (
            self.messages(),
            self.said.load(Ordering::SeqCst),
            self.calls().await,
        );
        let way = self.way;
        let ended = Run::new(arguments)
            .within(self.folder.path())
            .env(
                "PGPACT_LIVE",
                format!("postgres://postgres@127.0.0.1:{way}/postgres"),
            )
            .end();
        assert!((0..=1).contains(&ended.status), "{}", ended.stderr);
        // Counts and log lines arrive after the session has ended.
        let mut last = None;
        let begin = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now = (
                self.messages(),
                self.said.load(Ordering::SeqCst),
                self.calls().await,
            );
            if last.as_ref() == Some(&now) {
                break;
            }
            last = Some(now);
            assert!(begin.elapsed() < Duration::from_secs(60), "it never ends");
        }
        let (messages, bytes, calls) = last.unwrap();
        let of_before = |name: &str| before.2.get(name).copied().unwrap_or_default();
        Cost {
            messages: messages - before.0,
            bytes: bytes - before.1,
            calls: calls
                .iter()
                .map(|(name, count)| (name.clone(), count - of_before(name)))
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }
}

async fn run(connection: &mut PgConnection, text: &str) {
    let query = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
    connection.execute(query).await.unwrap();
}

/// The statements of a file, each of which begins where a line begins with a word of SQL.
fn statements(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![String::new()];
    for line in text.lines().filter(|line| !line.starts_with("--")) {
        if line.starts_with("do ") || line.starts_with("create ") {
            found.push(String::new());
        }
        let last = found.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
    }
    found.retain(|statement| !statement.trim().is_empty());
    found
}

/// How much more a server may say for one table with its eight columns, five constraints, two indexes and what else
/// `benches/schema.sql` gives it.
const BYTES_A_TABLE: usize = 14_000;

#[tokio::test(flavor = "multi_thread")]
async fn reading_costs_no_more_than_it_has_to() {
    let (few, many) = (6, 36);
    let (Some(small), Some(large)) = (Counted::start(few).await, Counted::start(many).await) else {
        return;
    };
    let reads = ["inventory", "--format=json", "--output=all.json"];
    let whole = |counted: &Counted| {
        let live = format!("postgres://postgres@127.0.0.1:{}/postgres", counted.way);
        [&reads[..], &[&live]]
            .concat()
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let mut costs = Vec::new();
    for counted in [&small, &large] {
        let arguments = whole(counted);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let cost = counted.cost_of(&arguments).await;
        // Each expression once, and nothing that columns of catalogs say.
        let mut expressions = counted.numbers(EXPRESSIONS).await;
        expressions.retain(|_, number| *number > 0);
        assert_eq!(cost.calls, expressions);
        costs.push(cost);
    }
    let [one, other] = &costs[..] else {
        unreachable!()
    };
    assert_eq!(
        one.messages, other.messages,
        "a message for each of something"
    );
    assert!(one.messages <= 18, "{one:?}");
    assert!(
        other.bytes - one.bytes < (many - few) * BYTES_A_TABLE,
        "{costs:?}"
    );

    // A run that finds nothing changed deparses nothing, and its answers do not grow with the database.
    let mut warm = Vec::new();
    for counted in [&small, &large] {
        let verify = [
            "verify",
            "--expected=all.json",
            "--platform=plain",
            "--cache=cache",
        ];
        counted.cost_of(&verify).await;
        let cost = counted.cost_of(&verify).await;
        assert_eq!(cost.calls, BTreeMap::new());
        warm.push(cost);
    }
    let [one, other] = &warm[..] else {
        unreachable!()
    };
    assert_eq!(one.messages, other.messages);
    assert!(other.bytes.abs_diff(one.bytes) < 200, "{warm:?}");
    assert!(one.bytes < 32_000, "{warm:?}");
}
