use std::{fs, process::Command};

use super::*;

#[test]
fn calls_of_one_function() {
    // `call` of the processor's manual, not what the program takes for it.
    const OPCODE: u8 = 0xe8;
    let called = 0x6000_0100;
    // A call forward, another function's, one that begins in the last octet of something else, and one cut short.
    let mut code = vec![0x90, OPCODE];
    code.extend(0xfa_u32.to_le_bytes());
    code.push(OPCODE);
    code.extend(0x10_u32.to_le_bytes());
    code.extend([OPCODE, OPCODE]);
    code.extend(0xef_u32.to_le_bytes());
    code.extend([OPCODE, 0, 0]);
    assert_eq!(calls(&code, 0x6000_0000, called), [0x6000_0006, 0x6000_0011]);
    // Backwards.
    let mut code = vec![OPCODE];
    code.extend((-0x105_i32).to_le_bytes());
    assert_eq!(calls(&code, 0x6000_0200, called), [0x6000_0205]);
    assert_eq!(calls(&[], 0, called), [0_u64; 0]);
}

const PLACES: &str = "
volatile int seen;
static inline __attribute__((always_inline)) void inner(int a) {
    if (a > 7)
        seen = 3;
    seen += a;
}
void __attribute__((noinline)) called(int a) {
    if (a > 9)
        inner(seen);
    seen = 1;
}
void __attribute__((noinline)) never(void) {
    seen = 2;
}
void _start(void) {
    called(seen);
    never();
}
";

/// A program whose places are told of, as a kernel's are.
fn program(folder: &Path) -> std::path::PathBuf {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
    write("places.c", PLACES);
    write("told.c", "void __sanitizer_cov_trace_pc(void) {}");
    let compiler = |arguments: &[&str]| {
        let status = Command::new("cc").current_dir(folder).args(arguments).status().expect("a C compiler");
        assert!(status.success(), "{arguments:?}");
    };
    let map = format!("-fdebug-prefix-map={}={SOURCE}/net", folder.display());
    compiler(&["-g", "-O1", "-fno-pie", "-fsanitize-coverage=trace-pc", &map, "-c", "places.c"]);
    compiler(&["-fno-pie", "-c", "told.c"]);
    compiler(&["-nostdlib", "-static", "-no-pie", "-o", "program", "places.o", "told.o"]);
    folder.join("program")
}

#[test]
fn functions_and_lines_of_a_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = program(&folder.path().canonicalize().expect("a path"));
    let everything = |file: &str| file == "net/places.c";
    let of = |places: &[u64]| Coverage::of(&path, places, &everything).expect("readable");
    let none = of(&[]);
    assert_eq!(none.files.keys().collect::<Vec<_>>(), ["net/places.c"]);
    let names: Vec<&str> = none.files["net/places.c"].functions.keys().map(String::as_str).collect();
    assert_eq!(names, ["_start", "called", "inner", "never"]);
    assert_eq!(none.sum(FileCoverage::functions), Share { reached: 0, all: 4 });
    assert_eq!(none.sum(FileCoverage::lines).reached, 0);

    // The first place of `called`: its line, and nothing of the function inlined behind the condition.
    let text = fs::read(&path).expect("the program");
    let file = object::File::parse(&*text).expect("a program");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok("called")).expect("a symbol");
    let blocks = instrumented(&text).expect("places");
    let own: Vec<_> = blocks
        .iter()
        .filter(|block| (symbol.address()..symbol.address() + symbol.size()).contains(&block.start))
        .collect();
    let first = of(&[own[0].start]);
    let functions = &first.files["net/places.c"].functions;
    assert!(functions["called"].reached.iter().all(|line| (8..=9).contains(line)), "{functions:?}");
    assert!(functions["called"].is_reached() && !functions["inner"].is_reached());
    assert_eq!(first.files["net/places.c"].missed().collect::<Vec<_>>(), ["_start", "inner", "never"]);
    // All of its places: what is inlined there was reached, too, and no other function.
    let all = of(&own.iter().map(|block| block.start).collect::<Vec<_>>());
    assert_eq!(all.files["net/places.c"].missed().collect::<Vec<_>>(), ["_start", "never"]);
    assert!(all.files["net/places.c"].functions["called"].missed.is_empty());

    assert_eq!(Coverage::of(&path, &[], &|_| false).expect("readable"), Coverage::default());
}

#[test]
fn what_tells_of_nothing() {
    let none = Coverage::of(Path::new("/bin/true"), &[], &|_| true).expect_err("no places");
    assert!(matches!(none, CoverageError::NoKcov), "{none}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("text");
    fs::write(&file, "text").expect("written");
    assert!(matches!(Coverage::of(&file, &[], &|_| true), Err(CoverageError::Symbols(_))));
    assert!(matches!(Coverage::of(&folder.path().join("none"), &[], &|_| true), Err(CoverageError::Read(_))));
}
