//! A stand-in of Supabase's Management API: it runs the SQL on a real server as the read-only role, and answers as the
//! API does, one array of objects for the last result.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pgpact::inspect::Connection;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Column as _, Executor as _, Row as _, ValueRef as _};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const REFERENCE: &str = "pgpactpgpactpgpactpg";
pub(crate) const TOKEN: &str = "sbp_invented0123456789";

#[derive(Default)]
struct State {
    /// Answers instead of those to the next queries.
    instead: Vec<ResponseTemplate>,
    /// What the project's status is.
    status: String,
    /// Larger answers are refused.
    most: Option<usize>,
    /// What somebody else runs after each of the next queries.
    meanwhile: Vec<String>,
    queries: usize,
    paths: Vec<String>,
}

pub(crate) struct Management {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

struct Answers {
    reader: Connection,
    somebody: Connection,
    state: Arc<Mutex<State>>,
}

impl Management {
    /// Serves a database: one connection is the read-only role's, the other somebody's who changes things.
    pub(crate) async fn start(reader: Connection, somebody: Connection) -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State {
            status: "ACTIVE_HEALTHY".to_owned(),
            ..State::default()
        }));
        let answers = Answers {
            reader,
            somebody,
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

    pub(crate) fn answer_instead(&self, answers: Vec<ResponseTemplate>) {
        self.state.lock().unwrap().instead = answers;
    }

    pub(crate) fn set_status(&self, status: &str) {
        status.clone_into(&mut self.state.lock().unwrap().status);
    }

    pub(crate) fn refuse_above(&self, bytes: usize) {
        self.state.lock().unwrap().most = Some(bytes);
    }

    pub(crate) fn run_meanwhile(&self, scripts: Vec<String>) {
        self.state.lock().unwrap().meanwhile = scripts;
    }

    /// How many queries there were since that was asked last.
    pub(crate) fn count(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().queries)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.state.lock().unwrap().paths.clone()
    }
}

pub(crate) fn says(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "message": message }))
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let token = request.headers.get("authorization");
        if token.and_then(|value| value.to_str().ok()) != Some(&format!("Bearer {TOKEN}")) {
            return says(401, "Unauthorized");
        }
        let method = request.method.as_str();
        let path = request.url.path().to_owned();
        let project = format!("/v1/projects/{REFERENCE}");
        let query = format!("{project}/database/query/read-only");
        let (instead, most, meanwhile) = {
            let mut state = self.state.lock().unwrap();
            state.paths.push(format!("{method} {path}"));
            if method == "GET" && path == project {
                let status = json!({ "ref": REFERENCE, "name": "keyring", "status": state.status });
                return ResponseTemplate::new(200).set_body_json(status);
            }
            if method != "POST" || path != query {
                return ResponseTemplate::new(404);
            }
            state.queries += 1;
            let instead = (!state.instead.is_empty()).then(|| state.instead.remove(0));
            let meanwhile = (!state.meanwhile.is_empty()).then(|| state.meanwhile.remove(0));
            (instead, state.most, meanwhile)
        };
        if let Some(answer) = instead {
            return answer;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1, "only a query");
        let text = body["query"].as_str().unwrap().to_owned();
        let (reader, somebody) = (self.reader.clone(), self.somebody.clone());
        // What answers is not async, and the database is.
        let asking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let answer = ask(&reader, text).await;
                if let Some(script) = meanwhile {
                    let mut connection = somebody.connect(Duration::from_secs(10)).await.unwrap();
                    let script = sqlx::raw_sql(AssertSqlSafe(script));
                    connection.execute(script).await.unwrap();
                }
                answer
            })
        });
        match asking.join().unwrap() {
            Ok(rows) => {
                let rows = Value::Array(rows);
                let size = rows.to_string().len();
                match most {
                    Some(most) if size > most => says(
                        400,
                        &format!(
                            "Query result size ({size} bytes) exceeds the configured limit ({most} bytes)"
                        ),
                    ),
                    _ => ResponseTemplate::new(201).set_body_json(rows),
                }
            }
            Err(error) => {
                let error = error.as_database_error().unwrap();
                let code = error.code().unwrap_or_default();
                says(
                    400,
                    &format!(
                        "Failed to run sql query: ERROR:  {code}: {}\n",
                        error.message()
                    ),
                )
            }
        }
    }
}

/// The last result; JSON is taken apart, numbers are numbers, the rest is text.
async fn ask(reader: &Connection, text: String) -> Result<Vec<Value>, sqlx::Error> {
    let mut connection = reader.connect(Duration::from_secs(10)).await.unwrap();
    let rows = connection
        .fetch_all(sqlx::raw_sql(AssertSqlSafe(text)))
        .await?;
    let row = |row: &sqlx::postgres::PgRow| {
        let mut object = Map::new();
        for column in row.columns() {
            let raw = row.try_get_raw(column.ordinal()).unwrap();
            let value = match raw.is_null() {
                true => Value::Null,
                false => {
                    let text = raw.as_str().unwrap();
                    match column.type_info().to_string().as_str() {
                        "JSON" | "JSONB" | "INT4" => serde_json::from_str(text).unwrap(),
                        "BOOL" => json!(text == "t"),
                        _ => json!(text),
                    }
                }
            };
            object.insert(column.name().to_owned(), value);
        }
        Value::Object(object)
    };
    Ok(rows.iter().map(row).collect())
}
