//! Holds the tree to ARCHITECTURE.md.
