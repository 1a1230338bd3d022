use super::*;

#[test]
fn a_name_is_no_path() {
    for name in ["6.12", "mytree", "v6.12-rc1", "a_b", "6.12+kcov"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", ".", "..", ".hidden", "a/b", "a b", "ä", "6.12;"] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn only_whole_kernels_are_listed() {
    let root = tempfile::tempdir().expect("a folder");
    assert_eq!(list(&root.path().join("not-there")).expect("none"), []);
    for (name, version) in
        [("6.1", Some("6.1.192\n")), ("6.12", Some("6.12.1")), ("half", None), (".partial", Some("1"))]
    {
        let folder = root.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        if let Some(version) = version {
            fs::write(folder.join(VERSION), version).expect("written");
        }
    }
    let found = list(root.path()).expect("a list");
    let names: Vec<_> = found.iter().map(|kernel| (&*kernel.name, &*kernel.version)).collect();
    assert_eq!(names, [("6.1", "6.1.192"), ("6.12", "6.12.1")]);

    assert_eq!(find(root.path(), "6.12").expect("a kernel").version, "6.12.1");
    let error = find(root.path(), "5.10").expect_err("none").to_string();
    assert_eq!(error, "no kernel is named `5.10` (there are 6.1, 6.12); build one: rfc793 kernel build 5.10");
    let error = find(root.path(), "6.12+kcov+kasan").expect_err("none").to_string();
    assert!(error.ends_with("build one: rfc793 kernel build 6.12 --kcov --kasan"), "{error}");
    assert!(matches!(find(root.path(), "../x"), Err(CacheError::BadName(_))));
}

#[test]
fn what_a_kernel_was_configured_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let kernel = Kernel { name: "a".to_owned(), version: "1".to_owned(), folder: folder.path().to_owned() };
    assert!(!kernel.has("CONFIG_KCOV"));
    fs::write(folder.path().join(CONFIG), "CONFIG_KCOV_X=y\n# CONFIG_KASAN is not set\nCONFIG_KCOV=y\n")
        .expect("written");
    assert!(kernel.has("CONFIG_KCOV") && !kernel.has("CONFIG_KASAN") && !kernel.has("CONFIG_KCO"));
}
