use std::{fs, path::PathBuf};

use miette::Diagnostic as _;

use super::{Discovery, discover, load_str};
use crate::case::{
    CaseError,
    flags::Flags,
    format::{Action, Call, Case, ConcreteCase, Data, Expect, Returns},
    position::{Bounds, Position, Symbol},
    state::State,
};

const RST_IN_WINDOW: &str = "\
title: a RST inside the window but not at RCV.NXT draws a challenge ACK
clauses: [U-6, U-7]
given: ESTABLISHED                       # reached by the standard prelude
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }
  - state: ESTABLISHED
";

const HANDSHAKE: &str = "\
title: a listener answers SYN with SYN,ACK and the third segment opens the connection
clauses: [MUST-13]
steps:
  - call: listen
  - inject: { flags: SYN, seq: 0, mss: 1460 }
  - expect: { flags: SYN+ACK, seq: 0, ack: 1 }
  - state: SYN-RECEIVED
  - inject: { flags: ACK, seq: 1, ack: 1 }
  - state: ESTABLISHED
  - call: accept
  - inject: { flags: PSH+ACK, seq: 1, ack: 1, data: \"hello\" }
  - expect: { flags: ACK, ack: 6, within: 500ms }
  - call: recv
    returns: { data: \"hello\" }
";

const MATRIX: &str = "\
title: in $state a RST at $position of the window
clauses: U-5
matrix:
  state: [ESTABLISHED, FIN-WAIT-1]
  position:
    left-edge:    { seq: RCV.NXT,   reply: nothing }
    inside:       { seq: RCV.NXT+1, reply: { flags: ACK } }
given: $state
steps:
  - inject: { flags: RST, seq: $seq }
  - expect: $reply
";

#[track_caller]
fn one(text: &str) -> ConcreteCase {
    let mut cases = load_str(text, "test.yaml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(cases.len(), 1);
    cases.pop().expect("one")
}

/// A case around one step.
fn with_step(step: &str) -> String {
    format!("title: t\nclauses: [MUST-3]\nsteps:\n  - state: CLOSED\n  - {step}\n")
}

#[track_caller]
fn action(step: &str) -> Action {
    one(&with_step(step)).case.steps.remove(1).value.action
}

#[track_caller]
fn fails(text: &str) -> CaseError {
    match load_str(text, "test.yaml") {
        Ok(_) => panic!("loaded:\n{text}"),
        Err(error) => error,
    }
}

#[test]
fn the_examples_of_the_design_load() {
    let rst = one(RST_IN_WINDOW);
    assert_eq!(rst.id, "test");
    assert_eq!(rst.case.clauses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["U-6", "U-7"]);
    assert_eq!(rst.case.given, Some(State::Established));
    let authored = &rst.case.steps[rst.prelude..];
    assert_eq!(authored.iter().map(|step| step.line).collect::<Vec<_>>(), [5, 6, 7]);
    let Action::Inject(inject) = &authored[0].value.action else { panic!("{:?}", authored[0]) };
    assert_eq!((inject.flags, &inject.seq), (Flags::RST, &Some(Position::symbol(Symbol::RcvNxt, 1))));
    assert_eq!((rst.step_number(0), rst.step_number(rst.prelude)), (None, Some(1)));
    assert!(rst.case.steps[..rst.prelude].iter().all(|step| step.line == 3), "the prelude's line is that of `given`");

    let handshake = one(HANDSHAKE);
    assert_eq!(handshake.prelude, 0);
    assert_eq!(handshake.case.steps.len(), 10);
    let Action::Call(recv) = &handshake.case.steps[9].value.action else { panic!("not a call") };
    assert_eq!(recv.call, Call::Recv { max: None });
    assert_eq!(recv.returns, Some(Returns::Data(Data::Text("hello".to_owned()))));
}

#[test]
fn a_matrix_is_its_product_and_substitutes_anything() {
    let cases = load_str(MATRIX, "tcp/rst.yaml").unwrap_or_else(|error| panic!("{error}"));
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "tcp/rst#ESTABLISHED,left-edge",
            "tcp/rst#ESTABLISHED,inside",
            "tcp/rst#FIN-WAIT-1,left-edge",
            "tcp/rst#FIN-WAIT-1,inside"
        ]
    );
    assert_eq!(cases[3].case.title, "in FIN-WAIT-1 a RST at inside of the window");
    assert_eq!(cases[3].case.given, Some(State::FinWait1));
    let last = cases[2].case.steps.last().expect("steps");
    assert_eq!((last.line, &last.value.action), (11, &Action::Expect(Expect::InOrder(Vec::new()))));
}

#[test]
fn words_stand_for_whole_values() {
    let Action::Expect(Expect::Either(alternatives)) = action(
        "expect: { either: [{ flags: ACK, clause: MAY-13 }, { nothing: true, clauses: [SHLD-31] }, { segments: [{ flags: ACK }, { flags: RST }] }, nothing] }",
    ) else {
        panic!("not either")
    };
    let shape: Vec<(usize, usize)> = alternatives.iter().map(|a| (a.clauses.len(), a.segments.len())).collect();
    assert_eq!(shape, [(1, 1), (1, 0), (0, 2), (0, 0)]);
    assert_eq!(
        action("inject: { data: { hex: 00ff }, win: 0xffff, seq: 2^31 }"),
        action("inject: { data: { hex: \"00 FF\" }, win: 65535, seq: 2147483648 }")
    );
    assert_eq!(action("call: { listen: { backlog: 1 } }"), action("{ call: { listen: { backlog: 0x1 } } }"));
    assert_eq!(action("call: { set: { nagle: off } }"), action("call: { set: { nagle: false } }"));
    assert_eq!(action("state: [CLOSED, LISTEN]"), action("state: { is: [CLOSED, LISTEN] }"));
    assert_eq!(action("expect: [{ flags: ACK }]"), action("expect: { flags: ACK }"));
    assert_eq!(action("expect: []"), action("expect: nothing"));
    assert_ne!(action("call: { send: 100 }"), action("call: { send: \"100\" }"));
    let Action::Expect(Expect::InOrder(segments)) = action("expect: { win: 1..65535, wscale: none, mss: 536..1460 }")
    else {
        panic!("not in order")
    };
    assert_eq!(segments[0].win, Some(Bounds::Within(Position::number(1), Position::number(65535))));
    assert_eq!(segments[0].wscale, Some(None));
}

/// Each mistake with its line, column and a part of its message and help.
#[test]
fn every_mistake_is_found_at_its_place() {
    let header = "title: t\nclauses: [MUST-3]\n";
    let cases: &[(&str, (u32, u32), &str)] = &[
        ("", (1, 1), "holds no case"),
        ("# only a comment\n", (1, 1), "holds no case"),
        ("- a list\n", (1, 1), "a case is a map"),
        ("title: t\nclauses: [MUST-3\nsteps: []\n", (3, 6), "not YAML"),
        ("title: t\n---\ntitle: u\n", (2, 1), "a second document"),
        ("title: t\ntitle: u\n", (2, 1), "duplicate key `title`"),
        ("tilte: t\n", (1, 1), "unknown field `tilte`"),
        ("clauses: [MUST-3]\nsteps: [{ state: CLOSED }]\n", (1, 1), "`title` is missing"),
        ("title: t\nsteps: [{ state: CLOSED }]\n", (1, 1), "`clauses` is missing"),
        ("title: t\nclauses: []\nsteps: [{ state: CLOSED }]\n", (2, 1), "no clause"),
        ("title: t\nclauses: [MUST-3, MUST-99]\n", (2, 19), "clauses: unknown clause `MUST-99`"),
        ("title: t\nclauses: [RFC5961#99]\n", (2, 11), "no section `99`"),
        (&format!("{header}steps:\n  - inject: {{}}\n"), (3, 1), "checks nothing"),
        (&format!("{header}steps:\n  - call: listen\n"), (3, 1), "checks nothing"),
        (&format!("{header}steps:\n"), (3, 1), "`steps` has no value"),
        (&with_step("inject: { flags: RST, sqe: 1 }"), (5, 27), "inject: unknown field `sqe`"),
        (&with_step("expect:\n      flags: ACK\n      sqe: 1"), (7, 7), "expect: unknown field `sqe`"),
        (&with_step("expect:\n      eihter: []"), (6, 7), "unknown field `eihter`"),
        (&with_step("expect:\n      either:\n        - flags: ACK\n          clause: MUST-0"), (8, 19), "`MUST-0`"),
        (&with_step("expect:\n      - flags: ACK\n      - flags: AKC"), (7, 16), "flags: unknown flag `AKC`"),
        (&with_step("inject:\n      flags: SYN\n      win: 65536"), (7, 12), "win: 65536 is out of range"),
        (&with_step("inject: { win: -1 }"), (5, 20), "win: -1 is out of range"),
        (&with_step("inject: { data-offset: 16 }"), (5, 28), "data-offset: 16 is out of range"),
        (&with_step("inject: { ip: { fragment-offset: 8192 } }"), (5, 38), "fragment-offset: 8192"),
        (&with_step("inject: { win: [1] }"), (5, 20), "win: expected a number, found a list"),
        (&with_step("inject: { seq: RCV.NTX }"), (5, 20), "seq: unknown symbol `RCV.NTX`"),
        (&with_step("inject: { seq: 2^40 }"), (5, 20), "does not fit in 32 bits"),
        (&with_step("inject: { data: 65536 }"), (5, 13), "65536 bytes of text"),
        (&with_step("inject: { options: 000, flags: SYN }"), (5, 24), "`000` is not hex"),
        (&with_step(&format!("inject: {{ options: {} }}", "01".repeat(41))), (5, 13), "44 bytes of TCP options"),
        (&with_step("inject: { from: nobody }"), (5, 21), "from: unknown value `nobody`"),
        (&with_step("inject: { flags: RST }\n    expect: nothing"), (5, 5), "two actions, `inject` and `expect`"),
        (&with_step("note: nothing done"), (5, 5), "a step without an action"),
        (&with_step("inject: { flags: RST }\n    on: b"), (5, 5), "`on` beside `inject`"),
        (&with_step("expect: {}"), (5, 13), "an empty segment compares nothing"),
        (&with_step("expect: noting"), (5, 13), "`noting` is no segment"),
        (&with_step("expect: { either: [], flags: ACK }"), (5, 13), "stand alone"),
        (&with_step("state: ESTABLISHD"), (5, 12), "state: unknown state `ESTABLISHD`"),
        (&with_step("wait: 5"), (5, 11), "wait: `5` is no span of time"),
        (&with_step("call: conect"), (5, 11), "unknown call `conect`"),
        (&with_step("call: { set: { nagel: on } }"), (5, 20), "set: unknown value `nagel`"),
        (&with_step("call: recv\n    returns: EPIP"), (6, 14), "unknown result `EPIP`"),
        (&with_step("check: a - b in 1..5"), (5, 12), "no `save` above keeps `a`"),
        (&with_step("check: a > b"), (5, 12), "is no comparison"),
        (&with_step("save: { a-b: ISS }"), (5, 11), "`a-b` is no name"),
        (&with_step("state: *anchor"), (5, 12), "a YAML alias"),
        (&with_step("state: &anchor CLOSED"), (5, 20), "a YAML anchor"),
        (&with_step("state: !tag CLOSED"), (5, 17), "a YAML tag"),
        (&with_step("state: $state"), (5, 12), "unknown variable `$state`"),
        (&format!("{header}via: active\nsteps: [{{ state: CLOSED }}]\n"), (3, 1), "`via` without `given`"),
        (&format!("{header}given: LISTEN\nvia: active\nsteps: [{{ state: CLOSED }}]\n"), (4, 1), "one way only"),
        (&format!("{header}config:\n  nagle: maybe\n"), (4, 10), "nagle: expected `on` or `off`"),
        (&format!("{header}config: {{ nagel: on }}\n"), (3, 11), "config: unknown field `nagel`"),
        (&format!("{header}level: HIGH\n"), (3, 8), "level: unknown value `HIGH`"),
        (&format!("{header}matrix: {{ x: [1, 2] }}\nsteps: [{{ state: CLOSED }}]\n"), (3, 11), "`x` is not used"),
        (&format!("{header}matrix: {{ x: [1, 1] }}\nsteps: [{{ inject: {{ seq: $x }} }}]\n"), (3, 18), "stands twice"),
        (
            &format!("{header}matrix: {{ x: [1, OOPS] }}\nsteps: [{{ inject: {{ seq: $x }} }}, {{ state: CLOSED }}]\n"),
            (3, 18),
            "`OOPS`",
        ),
    ];
    for (text, place, message) in cases {
        let error = fails(text);
        assert!(error.to_string().contains(message), "{error}\nshould say: {message}\n{text}");
        assert_eq!((error.line(), error.column()), (Some(place.0), Some(place.1)), "{error}\n{text}");
        assert!(error.to_string().starts_with(&format!("test.yaml:{}:{}: ", place.0, place.1)));
        assert!(error.source_code().is_some() && error.labels().is_some(), "a snippet for {error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[test]
fn a_suggestion_is_made_for_what_is_near() {
    let help = |text: &str| fails(text).help().map(|help| help.to_string()).unwrap_or_default();
    assert_eq!(help("tilte: t\n"), "did you mean `title`?");
    assert_eq!(help(&with_step("inject: { flag: RST }")), "did you mean `flags`?");
    assert_eq!(help(&with_step("injct: { flags: RST }")), "did you mean `inject`?");
    assert_eq!(help(&with_step("inject: { seq: RCV.NXR }")), "did you mean `RCV.NXT`?");
    assert!(help(&with_step("call: send")).contains("call: { send: … }"));
}

#[test]
fn too_deep_too_long_and_too_many_are_refused() {
    let deep = format!("title: {}", "[".repeat(10_000));
    assert!(fails(&deep).message().contains("nested more than 16 deep"), "{}", fails(&deep));
    let many = format!("title: [{}]", "1,".repeat(60_000));
    assert!(fails(&many).message().contains("more than 50000 values"));
    let bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
    assert_eq!((fails(bomb).line(), fails(bomb).message()), (Some(1), "a YAML anchor, which cases do without"));
    let long = "#".repeat((1 << 20) + 1);
    assert!(fails(&long).message().contains("bigger than 1024 KiB"));
    let axis: Vec<String> = (0..17).map(|n| n.to_string()).collect();
    let axis = axis.join(",");
    let product = format!(
        "title: $a $b $c\nclauses: [MUST-3]\nmatrix: {{ a: [{axis}], b: [{axis}], c: [{axis}] }}\nsteps: [{{ state: CLOSED }}]\n"
    );
    assert!(fails(&product).message().contains("17×17×17 cases; at most 4096"));
    let values: Vec<String> = (0..4000).map(|n| n.to_string()).collect();
    let laugh = format!(
        "title: {}\nclauses: [MUST-3]\nmatrix: {{ a: [{}] }}\nsteps: [{{ state: CLOSED }}]\n",
        "$a".repeat(100_000),
        values.join(",")
    );
    assert_eq!((fails(&laugh).line(), fails(&laugh).message()), (Some(3), "the matrix makes more than 16 MiB of text"));
    let nested = format!(
        "title: {}\nclauses: [MUST-3]\nmatrix: {{ r: {{ x: {{ a: {{ k: {} }} }} }} }}\nsteps: [{{ state: CLOSED }}]\n",
        "$a".repeat(10_000),
        "x".repeat(100_000)
    );
    assert_eq!(fails(&nested).message(), "the matrix makes more than 16 MiB of text");
    let keys: String = (0..2000).map(|n| format!("key{n}: 1\n")).collect();
    assert_eq!((fails(&keys).line(), fails(&keys).message()), (Some(1001), "more than 1000 keys in one map"));
}

#[test]
fn no_text_panics_the_loader() {
    for length in 0..HANDSHAKE.len() {
        let _ = load_str(&HANDSHAKE[..length], "cut.yaml");
    }
    for cut in 0..MATRIX.len() {
        let _ = load_str(&format!("{}{}", &MATRIX[..cut], &MATRIX[(cut + 1)..]), "hole.yaml");
        let _ = load_str(&format!("{}\u{e9}:{}", &MATRIX[..cut], &MATRIX[cut..]), "more.yaml");
    }
}

fn suite(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn ids(found: &Discovery) -> Vec<&str> {
    found.cases.iter().map(|case| case.id.as_str()).collect()
}

#[test]
fn ids_are_relative_to_the_root_wherever_one_starts() {
    let text = HANDSHAKE.as_bytes();
    let folder = suite(&[
        ("cases/tcp/b.yaml", text),
        ("cases/tcp/a.yaml", text),
        ("cases/ip/c.yaml", text),
        ("cases/ledger/kernel.yaml", b"- not: a case"),
        ("cases/README.md", b"no case"),
        ("cases/.hidden/d.yaml", b"no case"),
    ]);
    let at = |path: &str| folder.path().join(path);
    let all = discover(&[at("cases")]);
    assert_eq!(ids(&all), ["ip/c", "tcp/a", "tcp/b"]);
    assert!(all.errors.is_empty(), "{:?}", all.errors);
    assert_eq!(ids(&discover(&[at("cases/tcp")])), ["tcp/a", "tcp/b"]);
    let one_file = discover(&[at("cases/tcp/b.yaml")]);
    assert_eq!(ids(&one_file), ["tcp/b"]);
    assert_eq!(one_file.cases[0].file, at("cases/tcp/b.yaml"), "the file as the user named it");
    assert_eq!(ids(&discover(&[at("cases"), at("cases/tcp"), at("cases/tcp/a.yaml")])), ["ip/c", "tcp/a", "tcp/b"]);
}

#[test]
fn bad_files_are_errors_and_the_others_still_load() {
    let folder = suite(&[
        ("ok.yaml", HANDSHAKE.as_bytes()),
        ("capture.yaml", b"\n\r\r\n\x68\0\0\0\x4d\x3c\x2b\x1a\xff"),
        ("latin.yaml", b"title: caf\xe9\n"),
        ("empty.yaml", b""),
        ("x.yaml/inside.yaml", HANDSHAKE.as_bytes()),
    ]);
    let big = fs::File::create(folder.path().join("big.yaml")).expect("a file");
    big.set_len(100 << 20).expect("a sparse file");
    let found = discover(&[folder.path().to_owned(), PathBuf::from("/no/such/path")]);
    assert_eq!(ids(&found), ["ok", "x.yaml/inside"]);
    let errors: Vec<String> = found
        .errors
        .iter()
        .map(|error| {
            let name = error.file().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            format!("{name}:{}: {}", error.line().unwrap_or(0), error.message())
        })
        .collect();
    assert_eq!(
        errors,
        [
            "path:0: cannot be read: no such file or directory",
            "big.yaml:0: bigger than 1024 KiB, which no case is",
            "capture.yaml:0: a capture of packets, not a case",
            "empty.yaml:1: the file holds no case",
            "latin.yaml:1: not UTF-8: byte 0xe9",
        ]
    );
}

#[test]
fn one_id_for_two_files_is_an_error() {
    let folder = suite(&[("one/cases/a.yaml", HANDSHAKE.as_bytes()), ("two/cases/a.yaml", HANDSHAKE.as_bytes())]);
    let found = discover(&[folder.path().join("one"), folder.path().join("two/cases")]);
    assert_eq!(ids(&found).len() + found.errors.len(), 2, "{found:?}");
}

#[test]
fn the_default_case_is_not_a_case() {
    assert!(ConcreteCase::from_case("empty", Case::default()).is_ok_and(|case| case.prelude == 0));
}

#[test]
fn a_case_has_only_as_many_connections_as_a_run_can_number() {
    let many = |count: usize| {
        let steps: String = (0..count).map(|n| format!("  - state: {{ on: c{n}, is: CLOSED }}\n")).collect();
        load_str(&format!("title: t\nclauses: [MUST-3]\nsteps:\n{steps}"), "test.yaml")
    };
    assert!(many(200).is_ok());
    let error = many(201).expect_err("too many").to_string();
    assert!(error.starts_with("test.yaml:204:"), "{error}");
}
