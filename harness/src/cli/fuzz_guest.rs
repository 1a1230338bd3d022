//! A campaign in guests: when one dies, what its kernel said is a finding, and the campaign goes on in a fresh one.
//!
//! [`run`] is called by the CLI for `rfc793 fuzz` with a target `linux:NAME`. The campaign itself runs in the guest
//! ([`super::fuzz`]). Here is what only the program outside can do: show how far it is, and outlive it.

use std::{
    cell::Cell,
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

use super::{
    exit::{Exit, Failure, complain},
    fuzz::{self, Arguments},
    interrupt, output,
};
use crate::{
    case::{format::Case, print},
    guest::{
        boot::BootError,
        cache::Kernel,
        command::{self, Ended},
        report::Report,
    },
};

/// A campaign has at most so many guests.
const GUESTS: u32 = 100;
/// So many lines of a report stand above the case.
const SHOWN: usize = 12;
/// The longest name of a finding.
const NAME: usize = 100;

/// Does `words` in guests of `kernel` until the campaign ends.
pub(super) fn run(kernel: &Kernel, arguments: &Arguments, words: &[OsString]) -> Result<Exit, Failure> {
    let stop = interrupt::stop_flag();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let bar = arguments.bar();
    let mut campaign = Reports::default();
    let began = Instant::now();
    let mut executed = 0;
    for round in 0..GUESTS {
        let spent = if arguments.executions.is_some() { executed } else { millis(began.elapsed()) };
        let words =
            words_of(words, arguments.seed.is_none().then_some(seed), round, if round == 0 { 0 } else { spent });
        let position = Cell::new(0);
        let mut show = |at, remark: &str| {
            position.set(at);
            bar.set_position(at + if arguments.executions.is_some() { executed } else { 0 });
            bar.set_message(remark.to_owned());
        };
        let ended = command::run(kernel, words, Some(&mut show), &stop);
        match ended {
            Ok(Ended::Code(code)) => return campaign.end(&bar, Exit::of_code(code)),
            Ok(Ended::Stopped) => return campaign.end(&bar, Exit::Interrupted),
            Err(BootError::Output(error)) => return Err(Failure::Output(error)),
            Err(error) => match finding(arguments, &error) {
                Some((report, case)) => bar.suspend(|| campaign.take(kernel, &arguments.out, report, case))?,
                None => return Err(Failure::Environment(error.to_string())),
            },
        }
        // One more, as the one that it died of was not counted.
        executed += position.get() + 1;
        let is_over = match arguments.executions {
            Some(all) => executed >= all,
            None => arguments.is_over(began.elapsed()),
        };
        if is_over || stop.load(Ordering::Relaxed) {
            break;
        }
    }
    campaign.end(&bar, if stop.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Well })
}

/// What a guest died of, and with which case in hand; `None` if that is not known: no finding then.
fn finding<'a>(arguments: &Arguments, error: &'a BootError) -> Option<(&'a Report, Case)> {
    match error {
        BootError::Died { report: Some(report), input, .. } => Some((report, fuzz::case_of(arguments, input)?)),
        BootError::Died { .. }
        | BootError::Confused { .. }
        | BootError::Io { .. }
        | BootError::NotUtf8(_)
        | BootError::Output(_) => None,
    }
}

/// The words for one guest of a campaign: what it cannot know stands before what the user said.
fn words_of(words: &[OsString], seed: Option<u64>, round: u32, spent: u64) -> Vec<OsString> {
    let mut more: Vec<String> = seed.map(|seed| vec!["--seed".to_owned(), seed.to_string()]).unwrap_or_default();
    if round > 0 {
        more.extend(["--round".to_owned(), round.to_string(), "--spent".to_owned(), spent.to_string()]);
    }
    let command = words.len().min(2);
    words[..command]
        .iter()
        .cloned()
        .chain(more.into_iter().map(OsString::from))
        .chain(words[command..].iter().cloned())
        .collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the kernels of a campaign said of themselves: by title, where it is written, and how often it was said.
#[derive(Default)]
struct Reports(BTreeMap<String, (PathBuf, u32)>);

impl Reports {
    /// Counts a report; writes it down if it is the first of its kind.
    fn take(&mut self, kernel: &Kernel, folder: &Path, report: &Report, case: Case) -> Result<(), Failure> {
        if let Some((_, times)) = self.0.get_mut(&report.title) {
            *times += 1;
            return Ok(());
        }
        let name = name_of(kernel, report);
        let file = folder.join(format!("{name}.yaml"));
        let written = write(kernel, &file, report, case);
        written.map_err(|error| Failure::Environment(format!("failed to write {}: {error}", file.display())))?;
        output::print(&format!("new          {} ({})\n   {}\n", report.title, report.kind, file.display()))?;
        self.0.insert(report.title.clone(), (file, 1));
        Ok(())
    }

    /// Sums up; a report is a finding.
    fn end(self, bar: &ProgressBar, exit: Exit) -> Result<Exit, Failure> {
        bar.finish_and_clear();
        for (title, (file, times)) in &self.0 {
            complain(&format!("{title}: {times} of the campaign's guests; {}", file.display()));
        }
        Ok(if self.0.is_empty() { exit } else { exit.max(Exit::Failed) })
    }
}

/// The case that the guest had in hand, with what its kernel said above it, and beside it in full.
fn write(kernel: &Kernel, file: &Path, report: &Report, case: Case) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let console = file.with_extension("console.txt");
    fs::write(&console, format!("{}\n", report.text))?;
    let case = Case { title: format!("the kernel goes on: no {}", report.kind), ..case };
    let mut text = format!("# linux:{} {}: {}\n#\n", kernel.name, kernel.version, report.title);
    for line in report.text.lines().take(SHOWN) {
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "#\n# all of it: {}", console.display());
    let _ = writeln!(text, "# again: rfc793 run --target linux:{} {}", kernel.name, file.display());
    text.push_str(&print::to_yaml(&case).map_err(io::Error::other)?);
    fs::write(file, text)
}

/// `linux-6-12-kasan-slab-out-of-bounds-in-tcp-v4-rcv`.
fn name_of(kernel: &Kernel, report: &Report) -> String {
    let title = report.title.split(": ").last().unwrap_or(&report.title);
    let words = format!("linux {} {} {title}", kernel.name, report.kind);
    let clean: String =
        words.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let parts: Vec<&str> = clean.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-").chars().take(NAME).collect()
}

#[cfg(test)]
mod tests;
