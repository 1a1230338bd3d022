//! Replays TCP cases against a target and judges the answers.
