//! Reading a database into a contract: catalogs only, in one read-only snapshot.

mod asked;
mod census;
mod depends;
mod fingerprint;
mod history;
mod ledger;
mod members;
mod redact;
mod row;
mod run;
mod scope;
mod session;
mod tenant;
mod transport;
mod watch;

pub use history::{Content, Entry, Hidden, Histories, Recorded, Tool};
pub use ledger::{Address, Ledger, Passage};
pub use run::Reading;
pub use scope::{Provenance, Scope};
pub use session::{COUNTED, Connection, PRINTING, Session};
pub use tenant::Tenant;
pub use transport::{Access, Hosted};
pub use watch::Watch;
