use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use stack_under_test::Profile;

use super::*;
use crate::{
    case::{flags::Flags, load::load_file},
    judge::event_class::EventClass,
    run::{Mode, run_case},
    target::{
        faulty::{Draft, Fault, Faulty, Verdict as Shown, lose_resets, on_emission, on_injection},
        reference::Reference,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::Verdict,
};

fn whole() -> Opener {
    Arc::new(|| Ok(Box::new(Reference::new(Profile::rfc9293(), 0))))
}

/// The reference with a fault.
fn faulty(name: &'static str, fault: impl Fn() -> Fault + Send + Sync + 'static) -> Opener {
    Arc::new(move || Ok(Box::new(Faulty::of(name, whole()()?, fault()))))
}

/// The reference, but it loses every RST it wants to send; in `one_in` cases only.
fn loses_resets(one_in: u32) -> Opener {
    faulty("loses-resets", move || lose_resets(one_in))
}

fn plan(right: Opener, findings: &Path) -> Plan {
    Plan {
        targets: [whole(), right],
        names: ["reference".to_owned(), "reference:rfc793".to_owned()],
        scope: Scope { steps: 8, ..Scope::VIRTUAL },
        seed: 1,
        jobs: 1,
        turns: None,
        time: None,
        executions: Some(400),
        news: None,
        findings: findings.to_owned(),
        corpus: None,
        seeds: Vec::new(),
        seeds_ran: false,
        suite: Vec::new(),
        profile: None,
        ledgers: Arc::default(),
    }
}

fn campaign(plan: &Plan) -> Ended {
    run(plan, &AtomicBool::new(false), &mut |_| {}).unwrap()
}

fn new(ended: &Ended) -> Vec<&Discovery> {
    ended.discoveries.iter().filter(|found| found.standing == Standing::New).collect()
}

/// Name → bytes of all files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries =
        fs::read_dir(folder).map(|entries| entries.map(Result::unwrap).collect::<Vec<_>>()).unwrap_or_default();
    let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    entries.into_iter().map(read).collect()
}

#[test]
fn a_target_agrees_with_itself() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&plan(whole(), folder.path()));
    let divergences: Vec<_> = ended.discoveries.iter().filter(|found| found.kind == Kind::Divergence).collect();
    assert!(divergences.is_empty(), "{divergences:?}");
    assert_eq!((ended.counts.executions, ended.counts.equal), (400, ended.counts.compared));
    assert!(ended.counts.compared > 390 && ended.triples > 100, "{:?}, {} triples", ended.counts, ended.triples);
}

#[test]
fn a_planted_bug_is_found_once_for_each_key_confirmed_and_written_as_a_case_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&plan(loses_resets(1), folder.path()));
    let new = new(&ended);
    assert!(new.len() > 2, "{new:?}");
    let mut keys: Vec<_> = new.iter().map(|found| found.key).collect();
    keys.dedup();
    assert_eq!(keys.len(), new.len());
    assert!(new.iter().any(|found| found.times > 1), "the same is only counted");
    let (mut left, mut right) = (whole()().unwrap(), loses_resets(1)().unwrap());
    for found in new {
        let file = found.file.as_ref().unwrap();
        let text = fs::read_to_string(file).unwrap();
        let case = load_file(file, folder.path()).unwrap_or_else(|error| panic!("{error}\n{text}")).remove(0);
        let case = Arc::new(case);
        let told = run_case(left.as_mut(), &case, Mode::Judge);
        assert_eq!(told.verdict, Verdict::Pass, "{text}{:?}", told.findings);
        let other = run_case(right.as_mut(), &case, Mode::Judge);
        assert_ne!(other.verdict, Verdict::Pass, "{text}");
        assert!(case.case.steps.len() - case.prelude <= 7, "not small:\n{text}");
        assert!(file.with_extension("pcapng").exists());
        assert!(found.explanation.contains("loses-resets answers nothing"), "{}", found.explanation);
    }
}

#[test]
fn what_does_not_come_again_is_counted_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&plan(loses_resets(7), folder.path()));
    assert_eq!(new(&ended).len(), 0, "{:?}", ended.discoveries);
    assert!(ended.counts.unstable > 0);
    assert_eq!(files(folder.path()), BTreeMap::new());
}

#[test]
fn what_a_case_of_the_suite_shows_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let first = campaign(&plan(loses_resets(1), folder.path()));
    let found = new(&first)[0].clone();
    let case = load_file(found.file.as_ref().unwrap(), folder.path()).unwrap().remove(0);
    let id = case.id.clone();
    let again = campaign(&Plan { suite: vec![Arc::new(case)], ..plan(loses_resets(1), folder.path()) });
    let known = again.discoveries.iter().find(|other| other.key == found.key).unwrap();
    assert_eq!(known.standing, Standing::Known { case: id });
    assert_eq!(new(&again).len(), new(&first).len() - 1);
    assert_eq!(again.known_keys, 1);
}

#[test]
fn what_an_entry_covers_is_known_and_hides_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let first = campaign(&plan(loses_resets(1), folder.path()));
    let closed = |found: &&Discovery| found.key.rule() == Some("closed-ack-reset");
    let of_cause = new(&first).into_iter().filter(closed).count();
    assert!(of_cause > 0 && new(&first).len() > of_cause);
    let text = "- case: tcp/x\n  step: 1\n  clause: U-6\n  observed: nothing\n  reason: because\n  covers: \
                [{ rule: closed-ack-reset }]\n";
    let (ledger, errors) = Ledger::parse(Path::new("l.yaml"), text);
    assert!(errors.is_empty());
    let with = |ledgers| campaign(&Plan { ledgers: Arc::new(ledgers), ..plan(loses_resets(1), folder.path()) });
    let again = with([Ledger::default(), ledger.clone()]);
    assert_eq!(new(&again).into_iter().filter(closed).count(), 0);
    assert_eq!(new(&again).len(), new(&first).len() - of_cause);
    let is_known = |found: &&Discovery| matches!(found.standing, Standing::Known { .. });
    let known: Vec<_> = again.discoveries.iter().filter(is_known).collect();
    assert!(
        known.iter().all(|found| found.standing == Standing::Known { case: "tcp/x".to_owned() } && found.times > 0)
    );
    assert!(known.len() >= of_cause);
}

#[test]
fn what_shows_without_the_earlier_event_as_well_does_not_come_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let covered = |event: &str| {
        let text = format!(
            "- {{ case: tcp/x, step: 1, clause: U-6, observed: nothing, reason: because, covers: \
             [{{ event: {event}, then: [emitted, state] }}] }}\n"
        );
        let (ledger, errors) = Ledger::parse(Path::new("l.yaml"), &text);
        assert!(errors.is_empty(), "{errors:?}");
        let ledgers = Arc::new([Ledger::default(), ledger]);
        let ended = campaign(&Plan { ledgers, executions: Some(1600), ..plan(loses_resets(1), folder.path()) });
        ended.discoveries.iter().filter(|found| found.standing != Standing::New).count()
    };
    // A look changes nothing; a reset is drawn by what is there because of a call.
    assert_eq!(covered("poll"), 0);
    assert!(covered("[connect, listen]") > 0);
}

#[test]
fn the_same_seed_gives_the_same_campaign_and_another_seed_another() {
    let spec: TargetSpec = "reference:rfc793".parse().unwrap();
    let right: Opener = Arc::new(move || spec.open(TargetOptions::default()));
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let results = [(0, 7), (1, 7), (2, 8)].map(|(index, seed): (usize, u64)| {
        let folder = folders[index].path();
        let findings = folder.join("same-name");
        let ended = campaign(&Plan { seed, ..plan(Arc::clone(&right), &findings) });
        let told: Vec<_> = ended.discoveries.iter().map(|found| (found.key, found.times, found.execution)).collect();
        let without_folder = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(&*folder.to_string_lossy(), "");
        let files: BTreeMap<_, _> =
            files(&findings).into_iter().map(|(name, bytes)| (name, without_folder(bytes))).collect();
        (told, ended.counts.executions, ended.counts.steps, ended.triples, ended.allowed, files)
    });
    assert_eq!(results[0], results[1]);
    assert_ne!(results[0], results[2]);
    assert!(!results[0].5.is_empty());
}

#[test]
fn two_workers_give_the_same_however_fast_each_of_them_is() {
    let results = [0, 1].map(|slow: u32| {
        let folder = tempfile::tempdir().unwrap();
        let opened = Arc::new(std::sync::atomic::AtomicU32::new(0));
        // Another worker is held up each time.
        let right: Opener = Arc::new(move || {
            let delay = opened.fetch_add(1, Ordering::Relaxed) % 2 == slow;
            thread::sleep(Duration::from_millis(if delay { 300 } else { 0 }));
            loses_resets(1)()
        });
        let ended = campaign(&Plan { jobs: 2, ..plan(right, folder.path()) });
        let told = |found: &Discovery| (found.key, found.times, found.execution, found.worker);
        let told: Vec<_> = ended.discoveries.iter().map(told).collect();
        let names: Vec<_> = files(folder.path()).into_keys().collect();
        assert_eq!(names.len(), 2 * new(&ended).len(), "a case and a capture for each");
        (told, names, ended.counts.steps)
    });
    assert!(results[0].0.iter().any(|found| found.3 == 1), "the second worker finds something first");
    assert_eq!(results[0], results[1]);
}

#[test]
fn it_begins_with_its_seeds_and_goes_on_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let seed = |byte: u8| Script::decode(&[byte; 64]);
    let seeds = vec![seed(1), seed(2), seed(2)];
    let only_seeds = campaign(&Plan { seeds: seeds.clone(), executions: Some(2), ..plan(whole(), folder.path()) });
    let by_hand = |seed: &Script| {
        let case = seed.to_case(&Scope { steps: 8, ..Scope::VIRTUAL });
        let case = Arc::new(ConcreteCase::from_case("by hand", case).unwrap());
        run_case(whole()().unwrap().as_mut(), &case, Mode::Record).trace.steps.len() as u64
    };
    assert_eq!(only_seeds.counts.steps, by_hand(&seeds[0]) + by_hand(&seeds[1]));
}

/// The reference, but no checksum of its segments is right.
fn spoils_checksums() -> Opener {
    faulty("faulty", || {
        on_emission(|_, _, emission| {
            let mut draft = Draft::of(&emission.packet);
            draft.checksum = Some(crate::case::format::Checksum::Bad);
            emission.packet = draft.packet();
            Shown::Show
        })
    })
}

#[test]
fn a_broken_invariant_is_found_shrunk_and_written_on_either_side() {
    for side in Side::BOTH {
        let folder = tempfile::tempdir().unwrap();
        let usual = plan(spoils_checksums(), folder.path());
        let swapped = [usual.targets[1].clone(), usual.targets[0].clone()];
        let targets = if side == Side::Right { usual.targets.clone() } else { swapped };
        let ended = campaign(&Plan { targets, executions: Some(60), ..usual });
        let violations: Vec<_> = new(&ended).into_iter().filter(|found| found.kind == Kind::Violation).collect();
        assert!(!violations.is_empty(), "{:?}", ended.discoveries);
        assert!(violations.iter().all(|found| found.side == side), "{violations:?}");
        let text = fs::read_to_string(violations[0].file.as_ref().unwrap()).unwrap();
        assert!(text.contains("checksum") && text.contains("MUST-2"), "{text}");
        let folder_of_case = folder.path();
        let case = load_file(violations[0].file.as_ref().unwrap(), folder_of_case).unwrap().remove(0);
        assert!(case.case.steps.len() - case.prelude <= 4, "not small:\n{text}");
    }
}

/// The reference, but an ABORT's RST carries an ACK too (RFC9293#3.1 leaves that open once a connection is established).
fn resets_with_ack() -> Opener {
    faulty("faulty", || {
        on_emission(|_, _, emission| {
            let mut draft = Draft::of(&emission.packet);
            if draft.flags == Flags::RST && emission.rules.iter().any(|rule| rule.name == "call-abort") {
                draft.flags = Flags::RST | Flags::ACK;
                emission.packet = draft.packet();
            }
            Shown::Show
        })
    })
}

#[test]
fn what_the_rfcs_allow_is_counted_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&Plan { executions: Some(2000), ..plan(resets_with_ack(), folder.path()) });
    let allowed = ended.allowed.iter().find(|(name, ..)| *name == "reset-with-ack");
    assert!(allowed.is_some_and(|(_, clause, times)| *clause == "RFC9293#3.1" && *times > 0), "{:?}", ended.allowed);
    let calls = |found: &&Discovery| matches!(found.key.event, EventClass::Call(_)) && found.kind == Kind::Divergence;
    assert_eq!(ended.discoveries.iter().filter(calls).count(), 0, "{:?}", ended.discoveries);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let mut told = false;
    let error = run(&plan(loses_resets(1), &file.join("findings")), &AtomicBool::new(false), &mut |_| told = true);
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("failed to write findings in ") && error.contains("a-file/findings"), "{error}");
    assert!(!told);
    // Where it could be made, it is not: nothing has been found.
    campaign(&Plan { executions: Some(3), ..plan(whole(), &folder.path().join("b/c")) });
    assert!(!folder.path().join("b").exists());
}

#[test]
fn several_workers_share_their_keys_and_the_executions() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&Plan { jobs: 3, ..plan(loses_resets(1), folder.path()) });
    let mut keys: Vec<_> = ended.discoveries.iter().map(|found| found.key).collect();
    let all = keys.len();
    keys.sort_unstable_by_key(|key| format!("{key:?}"));
    keys.dedup();
    assert_eq!((all, ended.counts.executions), (keys.len(), 400));
}

#[test]
fn a_stop_ends_it_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let endless = Plan { executions: None, ..plan(whole(), folder.path()) };
    let mut told = 0;
    let ended = run(&endless, &stop, &mut |progress| {
        told = progress.executions;
        stop.store(progress.executions > 10, Ordering::Relaxed);
    });
    let ended = ended.unwrap();
    assert!(ended.counts.executions >= told && told > 10);
}

#[test]
fn inputs_worth_keeping_are_kept_in_the_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    let with = Plan { corpus: Some(corpus.clone()), ..plan(whole(), folder.path()) };
    let first = campaign(&with);
    let kept = files(&corpus).len();
    assert!(kept > 10, "{kept}");
    // All that the kept ones showed is there before anything else is tried.
    let replayed = campaign(&Plan { executions: Some(kept as u64), ..with });
    assert_eq!(replayed.triples, first.triples);
}

#[test]
fn an_environment_that_is_broken_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let broken: Opener = Arc::new(|| Err(TargetError::Broken("no such stack".to_owned())));
    let error = run(&plan(broken, folder.path()), &AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "no such stack");
}

/// Breaks down at every packet.
fn crashes() -> Opener {
    let at_once = |_: &[u8]| Err(TargetError::Crashed("at once (tcp.rs:73)".to_owned()));
    faulty("crashes", move || on_injection(at_once))
}

#[test]
fn a_crash_stops_no_campaign_and_is_known_where_a_ledger_covers_it() {
    let folder = tempfile::tempdir().unwrap();
    let ended = campaign(&plan(crashes(), folder.path()));
    assert!(ended.broke.is_none() && ended.counts.executions == 400, "{:?}", ended.broke);
    let [found] = new(&ended)[..] else { panic!("{:?}", ended.discoveries) };
    assert_eq!((found.kind, found.times > 100), (Kind::Failure, true));
    let text = "- { case: x, step: 1, clause: RFC1122#1.2.2, observed: \"crash: x\", reason: y,\n    covers: [{ fails: \"(tcp.rs:73)\" }] }\n";
    let (ledger, errors) = Ledger::parse(Path::new("ledger.yaml"), text);
    assert!(errors.is_empty(), "{errors:?}");
    let folder = tempfile::tempdir().unwrap();
    let ledgers = Arc::new([Ledger::default(), ledger]);
    let ended = campaign(&Plan { ledgers, ..plan(crashes(), folder.path()) });
    assert!(new(&ended).is_empty() && !ended.discoveries.is_empty(), "{:?}", ended.discoveries);
}

#[test]
fn a_finding_that_cannot_be_written_ends_it_and_the_counts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let findings = folder.path().join("findings");
    let plan = plan(loses_resets(1), &findings);
    // The folder could be made when it was asked; then somebody puts a file in its place.
    let right = plan.targets[1].clone();
    let in_the_way: Opener = Arc::new(move || {
        fs::write(&findings, "").map_err(|error| TargetError::Broken(error.to_string()))?;
        right()
    });
    let ended = campaign(&Plan { targets: [plan.targets[0].clone(), in_the_way], ..plan });
    let broke = ended.broke.expect("nothing can be written").to_string();
    assert!(broke.starts_with("failed to write a finding in "), "{broke}");
    assert!(ended.counts.executions > 0 && ended.counts.targets[0].injected > 0);
}

#[test]
fn a_divergence_that_a_switch_of_the_profile_explains_is_counted_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let right =
        |profile: Profile| -> Opener { Arc::new(move || Ok(Box::new(Reference::new(profile.clone(), 1)) as _)) };
    let of_profiles = |profile: Profile| Plan { profile: Some(profile.clone()), ..plan(right(profile), folder.path()) };
    let divergences = |ended: &Ended| new(ended).iter().filter(|found| found.kind == Kind::Divergence).count();
    let listed = campaign(&of_profiles(Profile::rfc793()));
    assert_eq!(divergences(&listed), 0, "{:?}", listed.discoveries);
    let times: u64 = listed.switches.iter().map(|(_, _, times)| times).sum();
    assert!(listed.switches.len() > 2 && times > 50, "{:?}", listed.switches);

    let patient = Profile { initial_rto: Duration::from_secs(2), ..Profile::rfc793() };
    let unlisted = campaign(&of_profiles(patient));
    assert!(divergences(&unlisted) > 0, "{:?}", unlisted.counts);
    let unasked = campaign(&plan(right(Profile::rfc793()), folder.path()));
    assert!(divergences(&unasked) > 0 && unasked.switches.is_empty());
}

#[test]
fn the_pair_of_profiles_is_known_by_its_names() {
    let profiles = |left, right| {
        let [left, right] = [left, right].map(TargetSpec::Reference);
        Plan::between(&left, &right, TargetOptions { seed: 0, stock_kernel: false }, Path::new("findings")).profile
    };
    assert_eq!(profiles("rfc9293", "rfc793"), Some(Profile::rfc793()));
    assert_eq!((profiles("rfc9293", "rfc9293"), profiles("rfc793", "rfc9293")), (None, None));
}

/// What the kernel tells guides beside the triples: an input is kept if it reaches a place, and only then.
#[test]
fn inputs_that_reach_a_place_are_kept() {
    let kept = |every: u64| {
        let folder = tempfile::tempdir().unwrap();
        let asked = AtomicU64::new(0);
        // Asked once before all, then before and after each execution.
        let news: News = Arc::new(move || {
            let asked = asked.fetch_add(1, Ordering::Relaxed);
            u64::from(every > 0 && asked > 0 && asked.is_multiple_of(2) && (asked / 2).is_multiple_of(every)) * 3
        });
        let corpus = folder.path().join("corpus");
        let plan = Plan { news: Some(news), corpus: Some(corpus.clone()), ..plan(whole(), folder.path()) };
        let ended = campaign(&plan);
        assert_eq!(ended.known_places, Some(0));
        (ended.counts.places, ended.counts.kept_for_places, std::fs::read_dir(corpus).unwrap().count())
    };
    let (none, all, some) = (kept(0), kept(1), kept(100));
    assert_eq!((none.0, none.1), (0, 0));
    assert_eq!((all.0, all.1), (1200, 400));
    assert_eq!((some.0, some.1), (12, 4));
    // Different ones, that is: one that comes again has the same file.
    assert!(all.2 > none.2 + 150, "{none:?} {all:?}");
}
