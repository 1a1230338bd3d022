use super::*;

#[test]
fn only_what_is_to_be_changed_is_real() {
    let (own, place) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for file in
        ["Makefile", "kernel/kcov.c", "kernel/fork.c", "net/core/sock.c", "net/ipv4/tcp.c", "net/ipv4/netfilter/x.c"]
    {
        let path = own.path().join(file);
        make_folder(path.parent().expect("a folder")).expect("made");
        fs::write(&path, file).expect("written");
    }
    let changed = ["net/ipv4/tcp.c", "kernel/kcov.c"];
    make(own.path(), place.path(), &changed).expect("made");
    for file in changed {
        let path = place.path().join(file);
        assert!(!path.is_symlink() && !path.parent().expect("a folder").is_symlink(), "{file}");
        // One more can be put beside it.
        fs::write(&path, "another").expect("written");
        fs::write(path.with_extension("new"), "new").expect("written");
        assert_eq!(fs::read_to_string(own.path().join(file)).expect("read"), file);
        assert!(!own.path().join(file).with_extension("new").exists());
    }
    for other in ["Makefile", "kernel/fork.c", "net/core", "net/ipv4/netfilter"] {
        assert!(place.path().join(other).is_symlink(), "{other}");
    }
    let through = fs::read_to_string(place.path().join("net/ipv4/netfilter/x.c"));
    assert_eq!(through.expect("read"), "net/ipv4/netfilter/x.c");
}

#[test]
fn a_tree_without_such_a_folder_is_told_of() {
    let (own, place) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let error = make(own.path(), place.path(), &["arch/um/kernel/Makefile"]).expect_err("no folder").to_string();
    assert!(error.contains("failed to read"), "{error}");
}
