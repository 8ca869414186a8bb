//! What no single part can show: that hostile programs and documents are harmless, and that our evaluator agrees with jaq.

mod agreement;
mod corpus;
mod documents;
mod hostile;
