//! GitHub: what started the run, and where its report is published.
//!
//! The exit status of the job is the gate. Check run, comment and issue are reports that may be missing:
//! losing one is said in a notice and changes neither the verdict nor the status.

mod author;
mod check_run;
mod client;
pub mod commands;
mod comment;
mod environment;
mod event;
mod files;
mod issue;
mod keeper;
mod masks;
mod outputs;
mod page;
mod proposal;
mod publish;
mod retry;
mod settings;
mod since;

pub use environment::Environment;
pub use event::{Event, PullRequest, Trigger};
pub use files::files_at;
pub use keeper::IssueKeeper;
pub use masks::masks_for;
pub use proposal::Proposal;
pub use publish::{Published, Publisher};
pub use retry::Patience;
pub use settings::{CheckRunMode, CommentMode, Settings};
