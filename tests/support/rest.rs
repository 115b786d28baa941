//! A stand-in of PostgREST: it answers over HTTP what a real database says to the roles of the keys.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pgpact::inspect::Connection;
use pgpact::sql::{identifier, literal};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const ANON: &str = "anon-key-invented";
pub(crate) const SERVICE: &str = "service-key-invented";

/// How requests of a method go wrong.
#[derive(Clone)]
pub(crate) enum Wrong {
    /// They are not carried out.
    Instead(u16),
    /// They are carried out, and this is the answer all the same.
    Afterwards(u16),
    /// They are carried out, and the answer takes its time.
    Late(Duration),
}

#[derive(Default)]
struct State {
    wrong: Vec<(String, usize, Wrong)>,
    requests: Vec<String>,
}

pub(crate) struct Rest {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

struct Answers {
    target: Connection,
    state: Arc<Mutex<State>>,
}

impl Rest {
    /// Serves a database to which the connection may switch roles.
    pub(crate) async fn start(target: Connection) -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State::default()));
        let answers = Answers {
            target,
            state: state.clone(),
        };
        Mock::given(any())
            .respond_with(answers)
            .mount(&server)
            .await;
        Self { server, state }
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// The next `times` requests of that method go wrong.
    pub(crate) fn fail(&self, method: &str, times: usize, wrong: Wrong) {
        let mut state = self.state.lock().unwrap();
        state.wrong.push((method.to_owned(), times, wrong));
    }

    /// Method and path of every request.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let method = request.method.to_string();
        let wrong = {
            let mut state = self.state.lock().unwrap();
            state
                .requests
                .push(format!("{method} {}", request.url.path()));
            let mut wrongs = state.wrong.iter_mut();
            let found = wrongs.find(|(of, times, _)| *of == method && *times > 0);
            found.map(|(_, times, wrong)| {
                *times -= 1;
                wrong.clone()
            })
        };
        match wrong {
            Some(Wrong::Instead(status)) => ResponseTemplate::new(status),
            Some(Wrong::Afterwards(status)) => {
                self.carry_out(request);
                ResponseTemplate::new(status)
            }
            Some(Wrong::Late(pause)) => self.carry_out(request).set_delay(pause),
            None => self.carry_out(request),
        }
    }
}

impl Answers {
    fn carry_out(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| {
            let value = request
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let role = match header("apikey").as_str() {
            ANON => "anon",
            SERVICE => "service_role",
            _ => {
                let refused = json!({ "code": "PGRST301", "message": "No suitable key was found to decode the JWT" });
                return ResponseTemplate::new(401).set_body_json(refused);
            }
        };
        assert_eq!(
            header("authorization"),
            format!("Bearer {}", header("apikey"))
        );
        let profile = if request.method.as_str() == "GET" {
            "accept-profile"
        } else {
            "content-profile"
        };
        let schema = header(profile);
        let query = match request.url.path() == "/rest/v1/" {
            true if role == "anon" => {
                let refused = json!({ "message": "Access to schema is forbidden" });
                return ResponseTemplate::new(401).set_body_json(refused);
            }
            true if !schema.is_empty() && schema != "public" => {
                let hint = "Only the following schemas are exposed: public";
                let message = format!("Invalid schema: {schema}");
                let refused = json!({ "code": "PGRST106", "message": message, "hint": hint });
                return ResponseTemplate::new(406).set_body_json(refused);
            }
            true => DESCRIBE.to_owned(),
            false => statement(request, &schema),
        };
        let target = self.target.clone();
        // What answers is not async, and the database is.
        let asking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(ask(&target, role, &query))
        });
        match asking.join().unwrap() {
            Ok(text) if request.url.path() == "/rest/v1/" => {
                ResponseTemplate::new(200).set_body_json(in_json(&text))
            }
            Ok(text) => ResponseTemplate::new(200).set_body_raw(text, "application/json"),
            Err(error) => refusal(role, &error),
        }
    }
}

/// What PostgREST tells of `public` in its description, from the same catalogs: what the role may touch, columns with
/// types, those that refuse null, and functions that can be called.
const DESCRIBE: &str = "
with relation as (
  select c.oid, c.relname
  from pg_catalog.pg_class c
  where c.relnamespace = 'public'::regnamespace
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
    and (has_table_privilege(c.oid, 'select, insert, update, delete') or has_any_column_privilege(c.oid, 'select, insert, update'))
),
definition as (
  select r.relname, json_build_object(
    'type', 'object',
    'required', (select json_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
      where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and a.attnotnull),
    'properties', (select json_object_agg(a.attname, json_strip_nulls(json_build_object(
        'format', format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
        'maxLength', information_schema._pg_char_max_length(information_schema._pg_truetypid(a, t), information_schema._pg_truetypmod(a, t)),
        'enum', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = a.atttypid),
        'default', (select pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''),
        'description', nullif(concat_ws(E'\\n\\n', col_description(r.oid, a.attnum), (
          select E'Note:\\n' || string_agg(n.remark, E'\\n' order by n.place)
          from (
            select 1, 'This is a Primary Key.<pk/>'
            from pg_catalog.pg_constraint k
            where k.conrelid = r.oid and k.contype = 'p' and a.attnum = any (k.conkey)
            union all
            (select 2, format('This is a Foreign Key to `%1$s.%2$s`.<fk table=''%1$s'' column=''%2$s''/>', f.relname, fa.attname)
            from pg_catalog.pg_constraint k
            join pg_catalog.pg_class f on f.oid = k.confrelid and f.relnamespace = 'public'::regnamespace
            join pg_catalog.pg_attribute fa on fa.attrelid = f.oid and fa.attnum = k.confkey[1]
            where k.conrelid = r.oid and k.contype = 'f' and k.conkey = array[a.attnum]
            order by k.conname
            limit 1)
          ) n (place, remark))), '')
      )) order by a.attnum) from pg_catalog.pg_attribute a
      join pg_catalog.pg_type t on t.oid = a.atttypid
      where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped)
  ) as told
  from relation r
),
called as (
  select p.proname, json_strip_nulls(json_build_object(
    'get', case when p.provolatile <> 'v' then '{}'::json end,
    'post', json_build_object('parameters', json_build_array(json_build_object(
    'in', 'body', 'name', 'args', 'schema', json_build_object('type', 'object', 'required',
      (select json_agg(coalesce(p.proargnames[t.place], '')) from unnest(p.proargtypes::oid[]) with ordinality t (type, place)
       where t.place <= p.pronargs - p.pronargdefaults), 'properties', coalesce(
      (select json_object_agg(coalesce(p.proargnames[t.place], ''), json_build_object('format', format_type(t.type, null)))
       from unnest(p.proargtypes::oid[]) with ordinality t (type, place)), '{}'))
  ))))) as told
  from pg_catalog.pg_proc p
  where p.pronamespace = 'public'::regnamespace
    and p.prokind = 'f'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and has_function_privilege(p.oid, 'execute')
)
select json_build_object(
  'swagger', '2.0',
  'info', json_build_object('title', 'standard public schema', 'version', '14.1'),
  'definitions', (select json_object_agg(d.relname, d.told) from definition d),
  'paths', (select json_object_agg('/rpc/' || f.proname, f.told) from called f)
)::text";

/// Says types and defaults in JSON, as PostgREST does: a text loses its cast and quotes, of others what is JSON is told.
fn in_json(described: &str) -> Value {
    let mut described: Value = serde_json::from_str(described).unwrap();
    let definitions = described["definitions"].as_object_mut().into_iter();
    let columns = definitions
        .flatten()
        .flat_map(|(_, definition)| definition["properties"].as_object_mut().unwrap());
    for (_, column) in columns {
        let format = column["format"].as_str().unwrap().to_owned();
        let json_type = match format.as_str() {
            "boolean" => Some("boolean"),
            "smallint" | "integer" | "bigint" => Some("integer"),
            "numeric" | "real" | "double precision" => Some("number"),
            "json" | "jsonb" => None,
            list if list.ends_with("[]") => Some("array"),
            _ => Some("string"),
        };
        let column = column.as_object_mut().unwrap();
        let default = column.remove("default");
        let default = default.as_ref().and_then(Value::as_str).and_then(|text| {
            if json_type != Some("string") {
                return serde_json::from_str(text).ok();
            }
            let bare = text.strip_suffix(&format!("::{format}"));
            let text = bare.map_or(text, |bare| bare.trim_matches('\''));
            serde_json::from_str(&format!("\"{text}\"")).ok()
        });
        column.extend(default.map(|default: Value| ("default".to_owned(), default)));
        column.extend(json_type.map(|name| ("type".to_owned(), json!(name))));
    }
    described
}

fn statement(request: &Request, schema: &str) -> String {
    let path = percent_encoding::percent_decode_str(request.url.path());
    let path = path.decode_utf8().unwrap();
    let path = path.strip_prefix("/rest/v1/").unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let name = |name: &str| format!("{}.{}", identifier(schema), identifier(name));
    if let Some(function) = path.strip_prefix("rpc/") {
        let arguments = body.as_object().unwrap().iter();
        let arguments: Vec<String> = arguments
            .map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                format!("{} => {}", identifier(name), literal(&text))
            })
            .collect();
        return format!(
            "select to_json({}({}))::text",
            name(function),
            arguments.join(", ")
        );
    }
    let table = name(path);
    let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let mut conditions = vec!["true".to_owned()];
    let (mut columns, mut limit) = ("*", String::new());
    for (key, value) in &query {
        match (key.as_str(), value.split_once('.')) {
            // Names may be quoted, as identifiers are.
            ("select", _) => columns = value,
            ("limit", _) => limit = format!("limit {value}"),
            (key, Some(("eq", value))) => {
                conditions.push(format!("{} = {}", identifier(key), literal(value)));
            }
            (key, Some(("like", value))) => {
                conditions.push(format!(
                    "{} like {}",
                    identifier(key),
                    literal(&value.replace('*', "%"))
                ));
            }
            other => panic!("{other:?}"),
        }
    }
    let conditions = conditions.join(" and ");
    let keys = || body.as_object().unwrap().keys().map(|key| identifier(key));
    let list = || keys().collect::<Vec<_>>().join(", ");
    let given = literal(&body.to_string());
    let rows = match request.method.as_str() {
        "GET" => format!("select {columns} from {table} where {conditions} {limit}"),
        "POST" => format!(
            "insert into {table} ({0}) select {0} from json_populate_record(null::{table}, {given}) returning *",
            list()
        ),
        "PATCH" => {
            let set: Vec<String> = keys().map(|key| format!("{key} = given.{key}")).collect();
            format!(
                "update {table} set {} from json_populate_record(null::{table}, {given}) given where {} returning {table}.*",
                set.join(", "),
                conditions.replacen("true and ", &format!("true and {table}."), 1)
            )
        }
        "DELETE" => format!("delete from {table} where {conditions} returning *"),
        method => panic!("{method}"),
    };
    format!("with x as ({rows}) select coalesce(json_agg(x), '[]')::text from x")
}

/// Every request is a transaction of its own, and committed.
async fn ask(target: &Connection, role: &str, query: &str) -> Result<String, sqlx::Error> {
    let mut connection = target.connect(Duration::from_secs(10)).await.unwrap();
    let claims = literal(&json!({ "role": role }).to_string());
    let setup = format!(
        "begin; set local search_path = public, extensions; set local role {role}; select set_config('request.jwt.claims', {claims}, true)"
    );
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(setup)))
        .await?;
    let row = connection
        .fetch_one(sqlx::raw_sql(AssertSqlSafe(query.to_owned())))
        .await?;
    let text: String = row.try_get_unchecked(0)?;
    connection.execute(sqlx::raw_sql("commit")).await?;
    Ok(text)
}

/// As PostgREST's documentation says under Errors.
fn refusal(role: &str, error: &sqlx::Error) -> ResponseTemplate {
    let error = error.as_database_error().unwrap();
    let code = error.code().unwrap_or_default().into_owned();
    let (status, code) = match code.as_str() {
        "42501" if role == "anon" => (401, code),
        "42501" => (403, code),
        "42P01" => (404, "PGRST205".to_owned()),
        "42883" => (404, "PGRST202".to_owned()),
        "57014" => (500, code),
        _ => (400, code),
    };
    ResponseTemplate::new(status).set_body_json(
        json!({ "code": code, "message": error.message(), "details": null, "hint": null }),
    )
}
