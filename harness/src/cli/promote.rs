//! `rfc793 promote`.

use std::{
    collections::HashSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use super::{
    exit::{Exit, Failure, complain},
    finding::{self, On, Targets},
    output,
    select::tell,
    session::suite_root,
};
use crate::{
    campaign::{
        pair::Pair,
        promote::{
            Promoted, Words, id_of,
            ledger::{entries, with_entries, written},
            promote,
        },
        smaller::shown,
    },
    case::{format::ConcreteCase, load::discover},
    clause::ClauseId,
    judge::ledger::{Ledger, Versions},
    target::spec::TargetSpec,
    trace::event::Verdict,
};

#[derive(Args)]
pub(super) struct Arguments {
    /// The case file of a finding.
    #[arg(value_name = "FILE", required_unless_present = "all", requires = "file", conflicts_with = "all")]
    finding: Option<PathBuf>,
    /// Which of its cases, if it has a matrix.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    id: Option<String>,
    /// Where it shall stand: `cases/regressions/<target>/<name>.yaml`. A file that is there is never replaced.
    #[arg(long = "as", value_name = "FILE", id = "file", conflicts_with = "all")]
    file: Option<PathBuf>,
    /// Every finding in this folder; each is named by what it shows.
    #[arg(long, value_name = "DIR", requires = "into")]
    all: Option<PathBuf>,
    /// The folder that they shall stand in.
    #[arg(long, value_name = "DIR", requires = "all")]
    into: Option<PathBuf>,
    #[command(flatten)]
    on: On,
    /// The title [default: the event, the state and the rule].
    #[arg(long, value_name = "TEXT", conflicts_with = "all")]
    title: Option<String>,
    /// A clause the case rests on; may be repeated [default: that of the rule that decided].
    #[arg(long, value_name = "CLAUSE", value_parser = clause)]
    clause: Vec<ClauseId>,
    /// Why the target does so: with it the entry is put into the target's ledger, without it the entry is printed.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,
    /// The target's versions that do so: `>=5.10`, `6.1..6.18` [default: all].
    #[arg(long, value_name = "RANGE", value_parser = versions)]
    versions: Option<String>,
}

impl Arguments {
    pub(super) fn targets(&self) -> impl Iterator<Item = &TargetSpec> {
        self.on.named()
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match (&arguments.all, &arguments.into, &arguments.finding, &arguments.file) {
        (Some(all), Some(into), _, _) => every(arguments, all, into),
        (_, _, Some(finding), Some(file)) => one(arguments, finding, file),
        _ => Err(Failure::Usage("say which finding and `--as` which file, or `--all` of which folder".to_owned())),
    }
}

fn one(arguments: &Arguments, finding: &Path, file: &Path) -> Result<Exit, Failure> {
    let place = Place::of(file)?;
    if file.exists() {
        return Err(Failure::Usage(format!("{} is there already; nothing is overwritten", file.display())));
    }
    let case = finding::load(finding, arguments.id.as_deref())?;
    let targets = targets(arguments, &case)?;
    targets.get_rights()?;
    let header = finding::header(&case.source);
    let words = Words { title: arguments.title.clone(), clauses: arguments.clause.clone() };
    let promoted = finding::on_own_thread(|| {
        Ok(promote(&mut targets.open()?, &case, finding::key_in(&header), &words, &place.id)?)
    })?;
    match promoted {
        Ok(promoted) => {
            place.write(&promoted, &targets.right, arguments)?;
            Ok(Exit::Well)
        }
        Err(refusal) => {
            complain(&format!("rfc793: {} is not promoted: {refusal}", finding.display()));
            Ok(Exit::Failed)
        }
    }
}

/// Each on its own: one that cannot be promoted does not stop the others.
fn every(arguments: &Arguments, all: &Path, into: &Path) -> Result<Exit, Failure> {
    if !all.is_dir() {
        return Err(Failure::Usage(format!("{} is no folder", all.display())));
    }
    let found = discover(&[all.to_owned()]);
    found.errors.iter().for_each(|error| tell(error));
    let exit = if found.errors.is_empty() { Exit::Well } else { Exit::Usage };
    if found.cases.is_empty() {
        complain(&format!("rfc793: no case in {}", all.display()));
        return Ok(exit.max(Exit::Nothing));
    }
    let cases: Vec<_> = found.cases.into_iter().map(Arc::new).collect();
    // Here, while there is no other thread; those without targets are told of in their turn.
    cases.iter().filter_map(|case| targets(arguments, case).ok()).try_for_each(|targets| targets.get_rights())?;
    let told = finding::on_own_thread(|| each(arguments, &cases, into))?;
    Ok(exit.max(told))
}

/// Those of a folder, one by one.
fn each(arguments: &Arguments, cases: &[Arc<ConcreteCase>], into: &Path) -> Result<Exit, Failure> {
    let mut exit = Exit::Well;
    let (mut pair, mut taken) = (None, HashSet::new());
    let (mut promoted, mut others) = (0, 0);
    for case in cases {
        match next(arguments, case, into, &mut pair, &mut taken) {
            Ok(Told::Promoted) => promoted += 1,
            Ok(Told::Not(why)) => {
                others += 1;
                exit = exit.max(Exit::Failed);
                output::print(&format!("not promoted  {}: {why}", case.file.display()))?;
            }
            Err(Failure::Usage(why)) => {
                others += 1;
                exit = exit.max(Exit::Usage);
                output::print(&format!("not promoted  {}: {why}", case.file.display()))?;
            }
            Err(failure) => return Err(failure),
        }
    }
    output::print(&format!("{promoted} promoted, {others} not"))?;
    Ok(exit)
}

/// What became of one of many.
enum Told {
    Promoted,
    Not(String),
}

fn next(
    arguments: &Arguments,
    case: &Arc<ConcreteCase>,
    into: &Path,
    open: &mut Option<(Targets, Pair)>,
    taken: &mut HashSet<PathBuf>,
) -> Result<Told, Failure> {
    let targets = targets(arguments, case)?;
    if open.as_ref().is_none_or(|(those, _)| *those != targets) {
        // The one that is open goes first: a thread has one live target at a time.
        *open = None;
        *open = Some((targets.clone(), targets.open()?));
    }
    let Some((_, pair)) = open else { return Ok(Told::Not("no targets".to_owned())) };
    let header = finding::header(&case.source);
    let key = finding::key_in(&header);
    let Some(first) = shown(pair, case, key)? else {
        return Ok(Told::Not("it shows nothing on these targets".to_owned()));
    };
    let words = Words { title: None, clauses: arguments.clause.clone() };
    let base = first.found.key.short_name();
    let names = std::iter::once(base.clone()).chain((2..100).map(|number| format!("{base}-{number}")));
    for name in names {
        let file = into.join(format!("{name}.yaml"));
        let place = Place::of(&file)?;
        if taken.contains(&file) {
            continue;
        }
        let promoted = match promote(pair, case, key, &words, &place.id)? {
            Ok(promoted) => promoted,
            Err(refusal) => return Ok(Told::Not(refusal.to_string())),
        };
        match fs::read_to_string(&file) {
            Ok(there) if there == promoted.text => {
                return Ok(Told::Not(format!("{} is the same case already", file.display())));
            }
            Ok(_) => continue,
            Err(_) => {
                place.write(&promoted, &targets.right, arguments)?;
                taken.insert(file);
                return Ok(Told::Promoted);
            }
        }
    }
    Ok(Told::Not(format!("there are too many files named {base} in {}", into.display())))
}

/// The pair with the reference on the left, for the demands are what the reference does.
fn targets(arguments: &Arguments, case: &ConcreteCase) -> Result<Targets, Failure> {
    let is_reference = |target: &TargetSpec| matches!(target, TargetSpec::Reference(_));
    let Targets { left, right, seed } = arguments.on.targets(case)?;
    match (is_reference(&left), is_reference(&right)) {
        (true, _) => Ok(Targets { left, right, seed }),
        (false, true) => Ok(Targets { left: right, right: left, seed }),
        (false, false) => Err(Failure::Usage(format!(
            "neither {left} nor {right} is the reference, whose answers a case demands; say `--left reference`"
        ))),
    }
}

/// Where a promoted case will stand.
struct Place {
    file: PathBuf,
    root: PathBuf,
    id: String,
}

impl Place {
    fn of(file: &Path) -> Result<Self, Failure> {
        if file.extension().is_none_or(|extension| extension != "yaml") {
            return Err(Failure::Usage(format!("{} is no name for a case; it ends with `.yaml`", file.display())));
        }
        let root = suite_root(file);
        let id = id_of(file, &root);
        Ok(Self { file: file.to_owned(), root, id })
    }

    /// Writes the case, and its entry into the ledger if there is a reason; else shows the entry.
    fn write(&self, promoted: &Promoted, target: &TargetSpec, arguments: &Arguments) -> Result<(), Failure> {
        let missing = entries(&promoted.run);
        let (reason, versions) = (arguments.reason.as_deref(), arguments.versions.as_deref());
        let texts: Vec<String> = missing.iter().map(|entry| written(entry, reason, versions)).collect();
        let ledger = self.root.join("ledger").join(format!("{}.yaml", target.ledger_name()));
        // Everything that can be refused is refused before anything is written.
        let new_ledger = match reason {
            Some(_) => Some(self.new_ledger(&ledger, target, promoted, &texts)?),
            None => None,
        };
        self.write_case(&promoted.text)?;
        let (file, title) = (self.file.display(), &promoted.case.title);
        output::print(&format!("promoted      {file}: {title}"))?;
        match new_ledger {
            Some(text) => {
                write(&ledger, &text)?;
                let observed: Vec<String> = missing.iter().map(|entry| format!("`{}`", entry.observed)).collect();
                output::print(&format!(
                    "              {target} is known for {} ({})",
                    observed.join(", "),
                    ledger.display()
                ))
            }
            None => {
                let shown = texts.join("\n");
                output::print(&format!("# {} lacks, for its reason (--reason):\n{shown}", ledger.display()))
            }
        }
    }

    fn write_case(&self, text: &str) -> Result<(), Failure> {
        let name = self.file.display();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::Usage(format!("{name} is there already; nothing is overwritten"))
            }
            _ => Failure::Environment(format!("failed to write {name}: {error}")),
        };
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&self.file).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)
    }

    /// The ledger's text with the new entries, which has to read well and to explain the run.
    fn new_ledger(
        &self,
        file: &Path,
        target: &TargetSpec,
        promoted: &Promoted,
        texts: &[String],
    ) -> Result<String, Failure> {
        let name = file.display();
        let old = match fs::read_to_string(file) {
            Ok(old) => old,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::Environment(format!("failed to read {name}: {error}"))),
        };
        let folder = self.id.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = with_entries(&old, &target.to_string(), folder, texts);
        let (ledger, errors) = Ledger::parse(file, &text);
        if let Some(error) = errors.first() {
            tell(error);
            return Err(Failure::Usage(format!("{name} would not be a good ledger with this; nothing was written")));
        }
        let mut run = promoted.run.clone();
        ledger.apply(&mut run);
        if !matches!(run.verdict, Verdict::Known(_)) {
            let version = &run.version;
            let message = format!("the entry would not explain what {target} {version} does: is `--versions` right?");
            return Err(Failure::Usage(message));
        }
        Ok(text)
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::Environment(format!("failed to write {}: {error}", file.display()));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(file, text).map_err(failed)
}

fn clause(text: &str) -> Result<ClauseId, String> {
    text.parse().map_err(|error: crate::clause::UnknownClause| error.to_string())
}

fn reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("an empty reason explains nothing".to_owned()) } else { Ok(text.to_owned()) }
}

fn versions(text: &str) -> Result<String, String> {
    text.parse::<Versions>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}
