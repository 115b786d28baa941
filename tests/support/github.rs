//! A stand-in of GitHub in this process: it keeps what it is given, and fails as it is told.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgpact::github::{Environment, Event, Patience, Settings};
use pgpact::source::blob_id;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Request, Respond, ResponseTemplate};

use super::branches::Branches;
use super::openapi;

pub(crate) const REPOSITORY: &str = "acme/orchard";
pub(crate) const HEAD: &str = "4c1f2a9d0be85637c4d21f0a9b7e6d5c3f2a1b0e";
pub(crate) const MERGE: &str = "9a3e6d1f08c24b75e1a9d3c6b508f7e2d4c19a60";
pub(crate) const BOT: &str = "github-actions[bot]";

/// How a request goes wrong.
#[derive(Clone)]
pub(crate) enum Fault {
    /// This answer instead.
    Answer(ResponseTemplate),
    /// It is carried out, and this is the answer all the same.
    AnswerAfterwards(ResponseTemplate),
    /// It is carried out, but the connection is lost before the answer.
    DropAfterwards,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) check_runs: Vec<Value>,
    pub(crate) comments: Vec<Value>,
    pub(crate) issues: Vec<Value>,
    /// Method, path with query, body.
    pub(crate) requests: Vec<(String, String, Value)>,
    /// What `GET /user` says; job tokens may not ask.
    pub(crate) user: Option<String>,
    /// The name that comments get; usually the user, else the job token's.
    pub(crate) writes_as: Option<String>,
    /// Files of the repository, by commit and path.
    pub(crate) files: BTreeMap<(String, String), Vec<u8>>,
    pub(crate) branches: Branches,
    faults: Vec<(String, String, usize, Fault)>,
    problems: Vec<String>,
    last_id: u64,
}

pub(crate) struct GitHub {
    server: MockServer,
    state: Arc<Mutex<State>>,
    folder: TempDir,
}

struct Drops(Arc<Mutex<State>>);
struct Answers(Arc<Mutex<State>>);

impl GitHub {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(Mutex::new(State::default()));
        Mock::given(Drops(state.clone()))
            .respond_with_err(|_: &Request| io::Error::from(io::ErrorKind::ConnectionReset))
            .with_priority(1)
            .mount(&server)
            .await;
        Mock::given(any())
            .respond_with(Answers(state.clone()))
            .mount(&server)
            .await;
        let folder = tempfile::tempdir().unwrap();
        Self {
            server,
            state,
            folder,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next `times` requests of that method, to a path with this in it, go wrong.
    pub(crate) fn fail(&self, method: &str, path: &str, times: usize, fault: Fault) {
        let fault = (method.to_owned(), path.to_owned(), times, fault);
        self.state().faults.push(fault);
    }

    /// How many requests of that method went to a path with this in it.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        let state = self.state();
        let requests = state.requests.iter();
        requests
            .filter(|(used, at, _)| used == method && at.contains(path))
            .count()
    }

    pub(crate) fn environment(&self, event: &str) -> Environment {
        Environment::from_variables(&self.variables(event))
    }

    /// What a runner gives to a step.
    pub(crate) fn variables(&self, event: &str) -> BTreeMap<String, String> {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let variables = [
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_SHA", MERGE.to_owned()),
            ("GITHUB_REF", "refs/heads/main".to_owned()),
            ("GITHUB_EVENT_NAME", event.to_owned()),
            ("GITHUB_API_URL", self.server.uri()),
            ("GITHUB_RUN_ID", "9001".to_owned()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_JOB", "verify".to_owned()),
            ("GITHUB_WORKFLOW", "Verify contract".to_owned()),
            ("GITHUB_ACTION", "__run".to_owned()),
            ("RUNNER_NAME", "runner 1".to_owned()),
            ("GITHUB_ACTOR", "mira-holt".to_owned()),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_STEP_SUMMARY", file("summary")),
            ("GITHUB_WORKSPACE", "/github/workspace".to_owned()),
        ];
        let variables = variables.into_iter();
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    pub(crate) fn summary(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("summary")).unwrap()
    }

    /// Outputs as the runner reads them.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.folder.path().join("output")).unwrap();
        let mut lines = text.lines();
        let mut outputs = BTreeMap::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").expect("the form with a delimiter");
            let value: Vec<&str> = lines
                .by_ref()
                .take_while(|line| *line != delimiter)
                .collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
        outputs
    }

    pub(crate) fn comment(&self, id: u64, login: &str, body: &str) {
        self.state().comments.push(json!({
            "id": id,
            "html_url": format!("https://github.com/{REPOSITORY}/pull/7#issuecomment-{id}"),
            "user": { "login": login },
            "body": body,
        }));
    }
}

/// Nothing that a request broke goes unnoticed.
impl Drop for GitHub {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let problems = &self.state().problems;
            assert!(problems.is_empty(), "{}", problems.join("\n"));
        }
    }
}

/// Settings that wait for next to nothing.
pub(crate) fn settings() -> Settings {
    Settings {
        token: Some("ghs_invented\n".to_owned().into()),
        patience: Patience {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(20),
            secondary_limit: Duration::from_millis(30),
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(2),
            begin: Duration::from_secs(3),
            step: Duration::from_secs(5),
            cancel: Duration::from_secs(1),
        },
        ..Settings::default()
    }
}

/// The event of that name with the payload in that fixture.
pub(crate) fn event(environment: &Environment, fixture: &str) -> pgpact::error::Result<Event> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/github/events");
    let mut environment = environment.clone();
    environment.event_path = Some(folder.join(format!("{fixture}.json")));
    Event::read(&environment)
}

impl Match for Drops {
    fn matches(&self, request: &Request) -> bool {
        let mut state = self.0.lock().unwrap();
        if !matches!(state.fault(request), Some(Fault::DropAfterwards)) {
            return false;
        }
        state.take_fault(request);
        state.record(request);
        state.answer(request);
        true
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        state.record(request);
        match state.take_fault(request) {
            Some(Fault::Answer(answer)) => answer,
            Some(Fault::AnswerAfterwards(answer)) => {
                state.answer(request);
                answer
            }
            Some(Fault::DropAfterwards) => unreachable!("the other mock takes these"),
            None => state.answer(request),
        }
    }
}

impl State {
    fn record(&mut self, request: &Request) {
        self.problems.extend(openapi::problem_of(request));
        let header = |name: &str| {
            let value = request.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        for (name, value) in [
            ("accept", "application/vnd.github+json"),
            ("x-github-api-version", "2022-11-28"),
            ("authorization", "Bearer ghs_invented"),
        ] {
            if header(name).as_deref() != Some(value) {
                self.problems.push(format!("{name}: {:?}", header(name)));
            }
        }
        let path = request.url.path().to_owned();
        let query = request.url.query().map(|query| format!("?{query}"));
        self.requests.push((
            request.method.to_string(),
            path + &query.unwrap_or_default(),
            body_of(request),
        ));
    }

    fn position(&self, request: &Request) -> Option<usize> {
        let method = request.method.to_string();
        let path = request.url.as_str();
        self.faults
            .iter()
            .position(|(m, p, times, _)| *times > 0 && *m == method && path.contains(p.as_str()))
    }

    fn fault(&self, request: &Request) -> Option<&Fault> {
        self.position(request).map(|index| &self.faults[index].3)
    }

    fn take_fault(&mut self, request: &Request) -> Option<Fault> {
        let index = self.position(request)?;
        self.faults[index].2 -= 1;
        Some(self.faults[index].3.clone())
    }

    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().to_owned();
        let path = path
            .strip_prefix(&format!("/repos/{REPOSITORY}"))
            .unwrap_or(&path);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let body = body_of(request);
        if let Some(answer) = self.of_branches(&segments, &body, request) {
            return answer;
        }
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["user"]) => match &self.user {
                Some(login) => ok(&json!({ "login": login })),
                None => refusal(403, "Resource not accessible by integration"),
            },
            ("GET", ["commits", sha, "check-runs"]) => {
                let runs = self.check_runs.iter();
                let runs: Vec<&Value> = runs.filter(|run| run["head_sha"] == *sha).collect();
                ok(&json!({ "total_count": runs.len(), "check_runs": runs }))
            }
            ("POST", ["check-runs"]) => self.create_check_run(body),
            ("GET", ["check-runs", id]) => ok(find(&mut self.check_runs, "id", id)),
            ("PATCH", ["check-runs", id]) => {
                change_check_run(find(&mut self.check_runs, "id", id), &body)
            }
            ("GET", ["issues"]) => {
                let open = self.issues.iter().filter(|issue| issue["state"] == "open");
                ok(&page(&open.cloned().collect::<Vec<_>>(), request))
            }
            ("POST", ["issues"]) => self.create_issue(body),
            ("PATCH", ["issues", "comments", id]) => {
                change(find(&mut self.comments, "id", id), &body)
            }
            ("DELETE", ["issues", "comments", id]) => {
                self.comments
                    .retain(|comment| comment["id"].as_u64() != id.parse().ok());
                ResponseTemplate::new(204)
            }
            ("PATCH", ["issues", number]) => {
                change(find(&mut self.issues, "number", number), &body)
            }
            ("GET", ["issues", _, "comments"]) => ok(&page(&self.comments, request)),
            ("POST", ["issues", _, "comments"]) => self.create_comment(&body),
            ("GET", ["contents", inside @ ..]) => self.contents(&inside.join("/"), request),
            _ => {
                self.problems
                    .push(format!("{} {path} is not stood in for", request.method));
                refusal(404, "Not Found")
            }
        }
    }

    fn contents(&self, path: &str, request: &Request) -> ResponseTemplate {
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let commit = &query["ref"];
        let file = self.files.get(&(commit.clone(), path.to_owned()));
        if let Some(bytes) = file {
            let encoded = STANDARD.encode(bytes);
            return ok(
                &json!({ "name": path, "type": "file", "sha": blob_id(bytes), "encoding": "base64", "content": encoded }),
            );
        }
        let files = self.files.iter().filter(|((at, _), _)| at == commit);
        let mut entries = BTreeMap::new();
        for ((_, file), bytes) in files {
            let Some(rest) = file.strip_prefix(&format!("{path}/")) else {
                continue;
            };
            let (name, kind) = match rest.split_once('/') {
                Some((folder, _)) => (folder, "dir"),
                None => (rest, "file"),
            };
            entries.insert(
                name,
                json!({ "name": name, "type": kind, "sha": blob_id(bytes) }),
            );
        }
        match entries.is_empty() {
            true => refusal(404, "Not Found"),
            false => ok(&json!(entries.into_values().collect::<Vec<_>>())),
        }
    }

    fn create_check_run(&mut self, mut run: Value) -> ResponseTemplate {
        let id = self.next_id();
        run["id"] = json!(id);
        run["html_url"] = json!(format!("https://github.com/{REPOSITORY}/runs/{id}"));
        run["app"] = json!({ "slug": "github-actions" });
        run["output"] = json!({ "annotations_count": 0, "annotations": [] });
        self.check_runs.push(run.clone());
        ResponseTemplate::new(201).set_body_json(run)
    }

    fn create_issue(&mut self, mut issue: Value) -> ResponseTemplate {
        let number = self.next_id();
        issue["number"] = json!(number);
        issue["html_url"] = json!(format!("https://github.com/{REPOSITORY}/issues/{number}"));
        issue["user"] = json!({ "login": BOT });
        issue["state"] = json!("open");
        self.issues.push(issue.clone());
        ResponseTemplate::new(201).set_body_json(issue)
    }

    fn create_comment(&mut self, comment: &Value) -> ResponseTemplate {
        let body = comment["body"].as_str().unwrap();
        if body.encode_utf16().count() > 65_536 {
            return refusal(422, "Body is too long");
        }
        let id = self.next_id();
        let login = self.writes_as.clone().or_else(|| self.user.clone());
        let login = login.unwrap_or_else(|| BOT.to_owned());
        let comment = json!({
            "id": id,
            "html_url": format!("https://github.com/{REPOSITORY}/pull/7#issuecomment-{id}"),
            "user": { "login": login },
            "body": body,
        });
        self.comments.push(comment.clone());
        ResponseTemplate::new(201).set_body_json(comment)
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id + 1_000
    }
}

fn change_check_run(run: &mut Value, body: &Value) -> ResponseTemplate {
    let mut annotations = run["output"]["annotations"].as_array().unwrap().clone();
    annotations.extend(
        body["output"]["annotations"]
            .as_array()
            .cloned()
            .unwrap_or_default(),
    );
    for (name, value) in body.as_object().unwrap() {
        run[name] = value.clone();
    }
    run["output"]["annotations_count"] = json!(annotations.len());
    run["output"]["annotations"] = json!(annotations);
    ok(run)
}

fn change(entry: &mut Value, body: &Value) -> ResponseTemplate {
    for (name, value) in body.as_object().unwrap() {
        entry[name] = value.clone();
    }
    ok(entry)
}

fn find<'a>(entries: &'a mut [Value], key: &str, id: &str) -> &'a mut Value {
    let found = entries
        .iter_mut()
        .find(|entry| entry[key].as_u64() == id.parse().ok());
    found.expect("only what exists is asked for")
}

fn page(entries: &[Value], request: &Request) -> Value {
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let number = |name: &str, usual| query.get(name).map_or(usual, |n| n.parse().unwrap());
    let size: usize = number("per_page", 30).min(100);
    let first = (number("page", 1) - 1) * size;
    json!(entries.iter().skip(first).take(size).collect::<Vec<_>>())
}

pub(crate) fn refusal(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "message": message }))
}

pub(super) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn body_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}
