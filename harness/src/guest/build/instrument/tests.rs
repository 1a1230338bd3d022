use super::*;

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
    for other in ["Makefile", "kernel/fork.c", "net/core/sock.c", "net/ipv4/tcp.c", "net/ipv4/netfilter/x.c"] {
        write(other, "other\n");
    }
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
fn a_users_tree_is_changed_in_its_stand_in_alone() {
    let (own, place) = (tree(), tempfile::tempdir().expect("a folder"));
    let text = |root: &Path, file: &str| fs::read_to_string(root.join(file)).expect("a file");
    let before: Vec<String> = CHANGES.iter().map(|change| text(own.path(), change.file)).collect();
    stand_in(own.path(), place.path()).expect("made");
    change(place.path()).expect("changed");
    for Change { file, to, .. } in &CHANGES {
        assert!(text(place.path(), file).contains(to), "{file}");
    }
    let after: Vec<String> = CHANGES.iter().map(|change| text(own.path(), change.file)).collect();
    assert_eq!(before, after);
    for other in ["Makefile", "kernel/fork.c", "net/core", "net/ipv4/tcp.c", "net/ipv4/netfilter"] {
        assert!(place.path().join(other).is_symlink(), "{other}");
    }
    assert_eq!(text(place.path(), "net/ipv4/netfilter/x.c"), "other\n");
}

#[test]
fn another_kcov_is_told_of() {
    let own = tree();
    fs::write(own.path().join("kernel/kcov.c"), "#include <asm/setup.h>\n").expect("written");
    let error = change(own.path()).expect_err("another KCOV").to_string();
    assert!(error.starts_with("this kernel cannot be built with --kcov: its kernel/kcov.c has no `void"), "{error}");
}
