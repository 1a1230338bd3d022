//! `rfc793 list`.

use clap::Args;

use super::{
    arguments::Selection,
    exit::{Exit, Failure},
    output, select,
};
use crate::judge::invariant::INVARIANTS;

#[derive(Args)]
pub(super) struct Arguments {
    /// Only the ids.
    #[arg(long)]
    ids: bool,
    /// The invariants instead: the rules that every run is held to without any case naming them.
    #[arg(long, conflicts_with = "filter")]
    invariants: bool,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if arguments.invariants {
        return list_invariants(arguments.ids);
    }
    let selected = select::select(&arguments.selection);
    let usage = if selected.errors > 0 { Exit::Usage } else { Exit::Well };
    if selected.complain_if_empty(&arguments.selection) {
        return Ok(usage.max(Exit::Nothing));
    }
    let line = |id: &str, title: &str| if arguments.ids { format!("{id}\n") } else { format!("{id}  {title}\n") };
    output::print(&selected.cases.iter().map(|case| line(&case.id, &case.case.title)).collect::<String>())?;
    Ok(usage)
}

fn list_invariants(only_names: bool) -> Result<Exit, Failure> {
    let widest = |of: fn(&str, &str) -> usize| INVARIANTS.iter().map(|row| of(row.name, row.clause)).max().unwrap_or(0);
    let (names, clauses) = (widest(|name, _| name.len()), widest(|_, clause| clause.len()));
    let line = |row: &&crate::judge::invariant::Invariant| match only_names {
        true => format!("{}\n", row.name),
        false => format!("{:names$}  {:clauses$}  {:6}  {}\n", row.name, row.clause, row.level, row.rule),
    };
    output::print(&INVARIANTS.iter().map(line).collect::<String>())?;
    Ok(Exit::Well)
}
