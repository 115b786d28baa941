//! `pgpact usage`: code held to a contract.

mod change;
mod market;
