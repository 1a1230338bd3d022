use super::*;
use crate::guest::build::make_folder;

const KCOV: Instruments = Instruments { kcov: true, kasan: false };

/// A tree with all the places that [`CHANGES`] look for, and some more.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        make_folder(path.parent().expect("a folder")).expect("made");
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{before}{text}")).expect("written");
    };
    CHANGES
        .iter()
        .for_each(|change| write(change.file, if change.from.is_empty() { "obj-y := a.o\n" } else { change.from }));
    folder
}

#[test]
fn the_name_says_what_is_built_in() {
    let with = |kcov, kasan| Instruments { kcov, kasan };
    let all = [with(false, false), with(true, false), with(false, true), with(true, true)];
    assert_eq!(all.map(Instruments::suffix), ["", "+kcov", "+kasan", "+kcov+kasan"]);
    assert_eq!(all.map(|with| with.needed().count()), [0, 2, 2, 4]);
    assert!(
        with(true, true).config().contains("\nCONFIG_KCOV=y\n")
            && with(true, true).config().contains("\nCONFIG_KASAN=y\n")
    );
    assert_eq!(with(false, false).config(), "");
}

#[test]
fn a_tree_is_changed_where_it_has_to_be() {
    let tree = tree();
    change(tree.path(), KCOV).expect("changed");
    for Change { file, to, .. } in &CHANGES {
        let text = fs::read_to_string(tree.path().join(file)).expect("a file");
        assert!(text.contains(to), "{file}");
    }
}

#[test]
fn another_kcov_is_told_of() {
    let own = tree();
    fs::write(own.path().join("kernel/kcov.c"), "#include <asm/setup.h>\n").expect("written");
    let error = change(own.path(), KCOV).expect_err("another KCOV").to_string();
    assert!(error.starts_with("this kernel cannot be changed for a guest: its kernel/kcov.c has no `void"), "{error}");
}
