//! What is easily got wrong about keeping answers: one sentence for each way in which it could be.

mod admitting;
mod asking;
mod changing;
mod failing;
mod scripted;
mod telling;
mod waiting;
