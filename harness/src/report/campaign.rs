//! The sum of a campaign, as text and as JSON lines.
//!
//! Only what the seed fixes stands here, so that a campaign in virtual time prints the same twice; times and rates are
//! [`speed`], which the program writes to standard error.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    paint::{Paint, Tone},
    text::counted,
};
use crate::{
    campaign::{
        counts::{States, TargetCounts},
        discovery::{Kind, Standing},
        engine::{Discovery, Ended},
        key::Side,
    },
    case::state::State,
};

/// A campaign and how it was started.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// What came of it.
    pub ended: &'a Ended,
    /// The targets as the user names them.
    pub names: &'a [String; 2],
    /// What fixed its randomness.
    pub seed: u64,
}

impl Campaign<'_> {
    fn of(&self, kind: Kind, standing: Word) -> impl Iterator<Item = &Discovery> {
        self.ended.discoveries.iter().filter(move |found| found.kind == kind && Word::of(&found.standing) == standing)
    }

    /// How many discoveries are new.
    #[must_use]
    pub fn count_new(&self) -> usize {
        self.ended.discoveries.iter().filter(|found| found.standing == Standing::New).count()
    }
}

/// How a discovery stands, without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    New,
    Known,
    Allowed,
}

impl Word {
    const fn of(standing: &Standing) -> Self {
        match standing {
            Standing::New => Self::New,
            Standing::Known { .. } => Self::Known,
            Standing::Allowed { .. } => Self::Allowed,
        }
    }
}

const KINDS: [(Kind, &str); 3] =
    [(Kind::Divergence, "divergence"), (Kind::Violation, "violation"), (Kind::Failure, "failure")];

/// Writes the sum for people: new discoveries first, then the counts.
///
/// # Errors
/// Those of the stream.
pub fn text(out: &mut dyn Write, campaign: &Campaign<'_>, paint: Paint) -> io::Result<()> {
    let Campaign { ended, names: [left, right], seed } = campaign;
    for found in ended.discoveries.iter().filter(|found| found.standing == Standing::New) {
        writeln!(out, "{} {}", paint.tone(Tone::Bad, "new         "), paint.tone(Tone::Strong, &found.key))?;
        writeln!(out, "   {}", found.explanation)?;
        if let Some(file) = &found.file {
            writeln!(out, "   {} ({})", file.display(), times(found.times))?;
        }
        writeln!(out)?;
    }
    let counts = &ended.counts;
    writeln!(out, "{left} and {right}: {}, {} steps", executions(counts.executions), counts.steps)?;
    writeln!(
        out,
        "  compared {}: equal {}, parted {}; poisoned {} ({} steps not compared); not comparable {}",
        counts.compared,
        counts.equal,
        counts.compared - counts.equal,
        counts.poisoned,
        counts.poisoned_steps,
        counts.not_compared
    )?;
    for side in Side::BOTH {
        target(out, campaign, side)?;
    }
    writeln!(out, "  {} of state, event and rule", counted(ended.triples, "triple"))?;
    if let Some(known) = ended.known_places {
        writeln!(
            out,
            "  {} of the kernel reached by what is known, {} more by inputs, {} kept for them",
            counted(usize::try_from(known).unwrap_or(usize::MAX), "place"),
            counts.places,
            counted(usize::try_from(counts.kept_for_places).unwrap_or(usize::MAX), "input")
        )?;
    }
    for (name, clause, count) in &ended.allowed {
        writeln!(out, "  allowed: {name} ({clause}), {}", times(*count))?;
    }
    for (switch, clause, count) in &ended.switches {
        writeln!(out, "  follows from the profile's {switch} ({clause}), {}", times(*count))?;
    }
    for (kind, name) in KINDS {
        let new: Vec<_> = campaign.of(kind, Word::New).collect();
        let known: Vec<_> = campaign.of(kind, Word::Known).collect();
        let sum = |found: &[&Discovery]| found.iter().map(|found| found.times).sum::<u64>();
        let tone = if new.is_empty() { Tone::Good } else { Tone::Bad };
        let new_part = format!("{} new (shown {})", new.len(), times(sum(&new)));
        writeln!(
            out,
            "  {name}s: {}, {} known (shown {})",
            paint.tone(tone, new_part),
            known.len(),
            times(sum(&known))
        )?;
    }
    writeln!(
        out,
        "  {} that did not come again; {} known from the suite (seed {seed})",
        counted(usize::try_from(counts.unstable).unwrap_or(usize::MAX), "find"),
        counted(ended.known_keys, "key")
    )
}

fn target(out: &mut dyn Write, campaign: &Campaign<'_>, side: Side) -> io::Result<()> {
    let TargetCounts { injected, emitted, states, .. } = &campaign.ended.counts.targets[side.index()];
    let version = &campaign.ended.versions[side.index()];
    write!(out, "  {} {version}: {injected} segments injected, {emitted} emitted", campaign.names[side.index()])?;
    let about = campaign.ended.discoveries.iter().filter(|found| found.side == side && found.standing == Standing::New);
    write!(out, ", {} new; states {} of {}", about.count(), states.len(), State::ALL.len())?;
    match names(states.missing()) {
        missing if missing.is_empty() => writeln!(out),
        missing => writeln!(out, ", not {}", missing.join(", ")),
    }
}

fn names(states: impl Iterator<Item = State>) -> Vec<&'static str> {
    states.map(State::name).collect()
}

fn executions(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "execution")
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// How fast it was, in one line for each target. Not part of the sum: it is different every time.
///
/// # Errors
/// Those of the stream.
pub fn speed(out: &mut dyn Write, campaign: &Campaign<'_>) -> io::Result<()> {
    let ended = campaign.ended;
    let wall = ended.wall.as_secs_f64();
    let rate = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    writeln!(out, "{:.0} executions/s, {wall:.2} s", rate(ended.counts.executions, wall))?;
    for side in Side::BOTH {
        let TargetCounts { injected, busy, .. } = &ended.counts.targets[side.index()];
        let busy = busy.as_secs_f64();
        let name = &campaign.names[side.index()];
        if ended.busy_unknown {
            writeln!(out, "{name}: {:.0} segments/s", rate(*injected, wall))?;
            continue;
        }
        writeln!(out, "{name}: {:.0} segments/s while busy ({busy:.2} s)", rate(*injected, busy))?;
    }
    Ok(())
}

/// Writes one line for each discovery and one for the sum.
///
/// # Errors
/// Those of the stream.
pub fn jsonl(out: &mut dyn Write, campaign: &Campaign<'_>) -> io::Result<()> {
    for found in &campaign.ended.discoveries {
        line(out, &DiscoveryLine::of(found, campaign))?;
    }
    let counts = &campaign.ended.counts;
    let count =
        |standing| campaign.ended.discoveries.iter().filter(|found| Word::of(&found.standing) == standing).count();
    line(
        out,
        &SumLine {
            kind: "campaign",
            left: TargetLine::of(campaign, Side::Left),
            right: TargetLine::of(campaign, Side::Right),
            seed: campaign.seed,
            executions: counts.executions,
            steps: counts.steps,
            compared: counts.compared,
            equal: counts.equal,
            poisoned: counts.poisoned,
            poisoned_steps: counts.poisoned_steps,
            not_compared: counts.not_compared,
            unstable: counts.unstable,
            triples: campaign.ended.triples,
            places: campaign.ended.known_places.map(|known| PlacesLine {
                known,
                by_inputs: counts.places,
                inputs_kept: counts.kept_for_places,
            }),
            new: count(Word::New),
            known: count(Word::Known),
            allowed: tally(&campaign.ended.allowed),
            switches: tally(&campaign.ended.switches),
        },
    )
}

fn tally(all: &[(&'static str, &'static str, u64)]) -> Vec<TallyLine> {
    all.iter().map(|&(name, clause, times)| TallyLine { name, clause, times }).collect()
}

#[derive(Serialize)]
struct DiscoveryLine<'a> {
    kind: &'static str,
    what: &'static str,
    standing: Word,
    case: Option<&'a str>,
    target: &'a str,
    key: String,
    rule: Option<&'static str>,
    state: String,
    event: String,
    times: u64,
    execution: u64,
    worker: usize,
    explanation: &'a str,
    file: Option<String>,
}

impl<'a> DiscoveryLine<'a> {
    fn of(found: &'a Discovery, campaign: &Campaign<'a>) -> Self {
        let case = match &found.standing {
            Standing::Known { case } => Some(case.as_str()),
            Standing::Allowed { .. } | Standing::New => None,
        };
        Self {
            kind: "discovery",
            what: KINDS.into_iter().find(|(kind, _)| *kind == found.kind).map_or("", |(_, name)| name),
            standing: Word::of(&found.standing),
            case,
            target: &campaign.names[found.side.index()],
            key: found.key.to_string(),
            rule: found.key.rule(),
            state: found.key.state.to_string(),
            event: found.key.event.to_string(),
            times: found.times,
            execution: found.execution,
            worker: found.worker,
            explanation: &found.explanation,
            file: found.file.as_ref().map(|file| file.display().to_string()),
        }
    }
}

#[derive(Serialize)]
struct SumLine<'a> {
    kind: &'static str,
    left: TargetLine<'a>,
    right: TargetLine<'a>,
    seed: u64,
    executions: u64,
    steps: u64,
    compared: u64,
    equal: u64,
    poisoned: u64,
    poisoned_steps: u64,
    not_compared: u64,
    unstable: u64,
    triples: usize,
    /// Places of the kernel that were reached; absent if it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<PlacesLine>,
    new: usize,
    known: usize,
    allowed: Vec<TallyLine>,
    /// Switches of the profile that divergences follow from.
    switches: Vec<TallyLine>,
}

#[derive(Serialize)]
struct PlacesLine {
    known: u64,
    by_inputs: u64,
    inputs_kept: u64,
}

#[derive(Serialize)]
struct TargetLine<'a> {
    name: &'a str,
    version: &'a str,
    injected: u64,
    emitted: u64,
    states: Vec<&'static str>,
}

impl<'a> TargetLine<'a> {
    fn of(campaign: &Campaign<'a>, side: Side) -> Self {
        let counts = &campaign.ended.counts.targets[side.index()];
        let states: States = counts.states;
        Self {
            name: &campaign.names[side.index()],
            version: &campaign.ended.versions[side.index()],
            injected: counts.injected,
            emitted: counts.emitted,
            states: names(states.iter()),
        }
    }
}

#[derive(Serialize)]
struct TallyLine {
    name: &'static str,
    clause: &'static str,
    times: u64,
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
