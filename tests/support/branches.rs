//! Branches, files on them and pull requests, as the stand-in of GitHub keeps them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgpact::source::blob_id;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::github::{REPOSITORY, State, ok, refusal};

/// What a repository has besides the files of its commits.
#[derive(Default)]
pub(crate) struct Branches {
    /// The last commit of each.
    pub(crate) tips: BTreeMap<String, String>,
    /// What was put on them, by branch and path.
    pub(crate) files: BTreeMap<(String, String), Vec<u8>>,
    pub(crate) pulls: Vec<Value>,
    commits: usize,
}

impl State {
    /// Answers what concerns branches; nothing for other requests.
    pub(super) fn of_branches(
        &mut self,
        segments: &[&str],
        body: &Value,
        request: &Request,
    ) -> Option<ResponseTemplate> {
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let branches = &mut self.branches;
        Some(match (request.method.as_str(), segments) {
            ("GET", ["git", "ref", "heads", name @ ..]) => match branches.tips.get(&name.join("/"))
            {
                Some(sha) => ok(&json!({ "object": { "sha": sha } })),
                None => refusal(404, "Not Found"),
            },
            ("POST", ["git", "refs"]) => {
                let name = body["ref"]
                    .as_str()?
                    .strip_prefix("refs/heads/")?
                    .to_owned();
                if branches.tips.contains_key(&name) {
                    return Some(refusal(422, "Reference already exists"));
                }
                branches.tips.insert(name, body["sha"].as_str()?.to_owned());
                ResponseTemplate::new(201)
                    .set_body_json(json!({ "object": { "sha": body["sha"] } }))
            }
            ("PATCH", ["git", "refs", "heads", name @ ..]) => {
                let name = name.join("/");
                branches.files.retain(|(branch, _), _| *branch != name);
                branches.tips.insert(name, body["sha"].as_str()?.to_owned());
                ok(&json!({ "object": { "sha": body["sha"] } }))
            }
            ("DELETE", ["git", "refs", "heads", name @ ..]) => {
                let name = name.join("/");
                branches.tips.remove(&name);
                branches.files.retain(|(branch, _), _| *branch != name);
                ResponseTemplate::new(204)
            }
            ("GET", ["contents", path @ ..]) if branches.tips.contains_key(query.get("ref")?) => {
                let key = (query["ref"].clone(), path.join("/"));
                match branches.files.get(&key) {
                    Some(bytes) => ok(&json!({ "sha": blob_id(bytes), "type": "file" })),
                    None => refusal(404, "Not Found"),
                }
            }
            ("PUT", ["contents", path @ ..]) => branches.put(&path.join("/"), body),
            ("GET", ["pulls"]) => {
                let head = query.get("head")?.split_once(':')?.1.to_owned();
                let found = branches.pulls.iter().rev().filter(|pull| {
                    pull["head"] == head.as_str() && pull["state"] == query["state"].as_str()
                });
                ok(&json!(found.collect::<Vec<_>>()))
            }
            ("POST", ["pulls"]) => branches.open(body),
            ("PATCH", ["issues", number]) => {
                let number: u64 = number.parse().ok()?;
                let pull = branches
                    .pulls
                    .iter_mut()
                    .find(|pull| pull["number"] == number)?;
                for (name, value) in body.as_object()? {
                    pull[name] = value.clone();
                }
                ok(pull)
            }
            _ => return None,
        })
    }
}

impl Branches {
    fn put(&mut self, path: &str, body: &Value) -> ResponseTemplate {
        let branch = body["branch"].as_str().unwrap().to_owned();
        let key = (branch.clone(), path.to_owned());
        let there = self.files.get(&key).map(|bytes| blob_id(bytes));
        if there.as_deref() != body["sha"].as_str() {
            return refusal(409, "is at another sha");
        }
        let bytes = STANDARD.decode(body["content"].as_str().unwrap()).unwrap();
        self.files.insert(key, bytes);
        self.commits += 1;
        let sha = format!("{:040x}", self.commits);
        self.tips.insert(branch, sha.clone());
        ok(&json!({ "commit": { "sha": sha } }))
    }

    fn open(&mut self, body: &Value) -> ResponseTemplate {
        let is_open = |pull: &&Value| pull["head"] == body["head"] && pull["state"] == "open";
        if self.pulls.iter().any(|pull| is_open(&pull)) {
            return refusal(422, "A pull request already exists");
        }
        let number = 50 + self.pulls.len();
        let mut pull = body.clone();
        pull["number"] = json!(number);
        pull["state"] = json!("open");
        pull["merged_at"] = Value::Null;
        pull["html_url"] = json!(format!("https://github.com/{REPOSITORY}/pull/{number}"));
        self.pulls.push(pull.clone());
        ResponseTemplate::new(201).set_body_json(pull)
    }
}
