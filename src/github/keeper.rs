//! The issue of a server that keeps looking: the same one that routine runs keep, without a workflow around it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use tokio::time::Instant;

use super::author;
use super::client::Client;
use super::environment::Environment;
use super::issue::Issues;
use super::page::{Page, Purpose};
use super::settings::Settings;
use crate::report::Report;

/// Keeps one issue in a repository.
#[derive(Debug)]
pub struct IssueKeeper {
    client: Client,
    environment: Environment,
    settings: Settings,
}

impl IssueKeeper {
    /// Prepares it for a repository, as `owner/name`; `api_url` is another than usual on a server of one's own.
    ///
    /// # Errors
    /// In words, when token or address cannot be used.
    pub fn new(
        repository: &str,
        api_url: Option<&str>,
        token: &SecretString,
    ) -> Result<Self, String> {
        let mut variables =
            BTreeMap::from([("GITHUB_REPOSITORY".to_owned(), repository.to_owned())]);
        if let Some(api_url) = api_url {
            variables.insert("GITHUB_API_URL".to_owned(), api_url.to_owned());
        }
        let environment = Environment::from_variables(&variables);
        let repository = environment.repository.as_deref();
        let repository = repository
            .ok_or_else(|| format!("{repository:?} is no repository, spelled owner/name"))?;
        let settings = Settings {
            // Not the issue of a workflow's routine runs, which looks at other times.
            comment_key: "serve".to_owned(),
            ..Settings::default()
        };
        let client = Client::new(&environment.api_url, repository, token, settings.patience);
        Ok(Self {
            client: client.map_err(|trouble| trouble.to_string())?,
            environment,
            settings,
        })
    }

    /// Opens, updates or closes the issue; gives where it is, where there is one.
    ///
    /// # Errors
    /// In words, when GitHub does not take it.
    pub async fn keep(&self, report: &Report) -> Result<Option<String>, String> {
        let page = Page::new(
            report,
            Purpose::Issue,
            &self.environment,
            &self.settings,
            None,
        );
        // The next verification waits for this.
        let deadline = Instant::now() + self.settings.patience.begin;
        let publish = async || {
            let login = author::login(&self.client, None, deadline).await?;
            let issues = Issues {
                client: &self.client,
                login: &login,
                name: &self.settings.check_name,
                // Each time anew: a server runs for longer than a day.
                today: Settings::default().today,
                deadline,
            };
            issues.publish(&page, report).await
        };
        publish().await.map_err(|trouble| trouble.to_string())
    }
}
