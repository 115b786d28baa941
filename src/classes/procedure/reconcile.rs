//! Procedures go by the rules of functions.

use crate::classes::function::reconcile::PROCEDURE;
use crate::classes::rules::Rules;

pub(super) const RULES: Rules = PROCEDURE;
