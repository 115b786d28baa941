//! The model both sides are read into: objects with facts, and what differs between two sets of them.
//!
//! Nothing here knows a class of object, so the comparison cannot forget an attribute of one.

mod diff;
mod facts;
mod id;
mod object;
mod pattern;
mod snapshot;

pub use diff::{Change, Delta, diff, fold};
pub use facts::Facts;
pub use id::{ClassName, ObjectId};
pub use object::{Contract, Coverage, Gap, Location, Object, ServerVersion};
pub use pattern::Pattern;
pub use snapshot::{SnapshotError, from_json, to_json};
