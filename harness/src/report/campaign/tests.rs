use super::*;
use crate::{
    campaign::{
        counts::Counts,
        key::{Fields, Key, Seen},
    },
    judge::event_class::{CallClass, EventClass},
    target::ConnState,
};

fn ended() -> Ended {
    let seen = Seen::Divergence { rule: Some("call-abort"), fields: Fields::of(&["emitted"]) };
    let event = EventClass::Call(CallClass::Abort);
    let discovery = Discovery {
        key: Key { state: ConnState::Is(State::Established), event, seen },
        kind: Kind::Divergence,
        side: Side::Right,
        standing: Standing::New,
        times: 3,
        execution: 17,
        worker: 0,
        explanation: "In ESTABLISHED, call abort: something.".to_owned(),
        file: Some("findings/kernel-x.yaml".into()),
    };
    let known =
        Discovery { standing: Standing::Known { case: "tcp/a".to_owned() }, times: 1, file: None, ..discovery.clone() };
    let mut counts = Counts { executions: 100, steps: 900, compared: 90, equal: 80, poisoned: 4, ..Counts::default() };
    for target in &mut counts.targets {
        (target.injected, target.emitted) = (500, 300);
        State::ALL.into_iter().skip(1).for_each(|state| target.states.insert(state));
    }
    Ended {
        broke: None,
        counts,
        triples: 42,
        known_keys: 5,
        discoveries: vec![discovery, known],
        allowed: vec![("repackaging", "RFC9293#3.8.6", 2)],
        switches: vec![("nagle", "SHLD-7", 3)],
        versions: ["0.1.0".to_owned(), "6.18".to_owned()],
        known_places: None,
        wall: std::time::Duration::from_secs(2),
        busy_unknown: false,
    }
}

#[test]
fn the_text_names_what_is_new_and_counts_the_rest() {
    let (ended, names) = (ended(), ["reference".to_owned(), "kernel".to_owned()]);
    let campaign = Campaign { ended: &ended, names: &names, seed: 9 };
    let mut out = Vec::new();
    text(&mut out, &campaign, Paint::NEVER).unwrap();
    let wanted = "\
new          call abort in ESTABLISHED (call-abort): differs in emitted
   In ESTABLISHED, call abort: something.
   findings/kernel-x.yaml (3 times)

reference and kernel: 100 executions, 900 steps
  compared 90: equal 80, parted 10; poisoned 4 (0 steps not compared); not comparable 0
  reference 0.1.0: 500 segments injected, 300 emitted, 0 new; states 10 of 11, not CLOSED
  kernel 6.18: 500 segments injected, 300 emitted, 1 new; states 10 of 11, not CLOSED
  42 triples of state, event and rule
  allowed: repackaging (RFC9293#3.8.6), 2 times
  follows from the profile's nagle (SHLD-7), 3 times
  divergences: 1 new (shown 3 times), 1 known (shown once)
  violations: 0 new (shown 0 times), 0 known (shown 0 times)
  failures: 0 new (shown 0 times), 0 known (shown 0 times)
  0 finds that did not come again; 5 keys known from the suite (seed 9)
";
    assert_eq!(String::from_utf8(out).unwrap(), wanted);
}

#[test]
fn each_line_of_jsonl_is_an_object() {
    let (ended, names) = (ended(), ["reference".to_owned(), "kernel".to_owned()]);
    let mut out = Vec::new();
    jsonl(&mut out, &Campaign { ended: &ended, names: &names, seed: 9 }).unwrap();
    let lines: Vec<serde_json::Value> = out
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["standing"], "new");
    assert_eq!(lines[1]["case"], "tcp/a");
    assert_eq!(lines[2]["switches"][0]["name"], "nagle");
    assert_eq!((lines[2]["kind"].as_str(), lines[2]["new"].as_u64()), (Some("campaign"), Some(1)));
}

/// Where the kernel tells its places they are counted, and where the clock is virtual no target's own time is told.
#[test]
fn a_guest_with_kcov() {
    let counts = Counts { places: 7, kept_for_places: 1, ..ended().counts };
    let (ended, names) = (
        Ended { known_places: Some(4000), busy_unknown: true, counts, ..ended() },
        ["reference".to_owned(), "linux:6.12+kcov".to_owned()],
    );
    let campaign = Campaign { ended: &ended, names: &names, seed: 9 };
    let [mut out, mut line, mut rates] = [Vec::new(), Vec::new(), Vec::new()];
    text(&mut out, &campaign, Paint::NEVER).unwrap();
    let out = String::from_utf8(out).unwrap();
    let wanted = "\n  4000 places of the kernel reached by what is known, 7 more by inputs, 1 input kept for them\n";
    assert!(out.contains(wanted), "{out}");
    jsonl(&mut line, &campaign).unwrap();
    let places = r#""places":{"known":4000,"by_inputs":7,"inputs_kept":1}"#;
    assert!(String::from_utf8(line).unwrap().contains(places));
    speed(&mut rates, &campaign).unwrap();
    let rates = String::from_utf8(rates).unwrap();
    assert_eq!(rates, "50 executions/s, 2.00 s\nreference: 250 segments/s\nlinux:6.12+kcov: 250 segments/s\n");
}
