//! `rfc793 list`.

use clap::Args;

use super::{
    arguments::Selection,
    exit::{Exit, Failure},
    output, select,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only the ids.
    #[arg(long)]
    ids: bool,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let selected = select::select(&arguments.selection);
    let usage = if selected.errors > 0 { Exit::Usage } else { Exit::Well };
    if selected.complain_if_empty(&arguments.selection) {
        return Ok(usage.max(Exit::Nothing));
    }
    let line = |id: &str, title: &str| if arguments.ids { format!("{id}\n") } else { format!("{id}  {title}\n") };
    output::print(&selected.cases.iter().map(|case| line(&case.id, &case.case.title)).collect::<String>())?;
    Ok(usage)
}
