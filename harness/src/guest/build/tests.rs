use super::*;

fn plan(name: &str, source: Option<&Path>) -> Plan {
    Plan { name: name.to_owned(), source: source.map(Path::to_owned), with: Instruments::default(), jobs: 1 }
}

/// A tree whose `make` fails as it is told.
fn tree(makefile: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let own = [
        ("Makefile", makefile),
        ("Kconfig", ""),
        ("arch/um/Makefile", ""),
        ("arch/um/kernel/Makefile", "obj-$(CONFIG_BLK_DEV_INITRD) += initrd.o\n"),
        ("net/ipv4/tcp_input.c", ""),
    ];
    for (file, text) in own {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn entries(root: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(root)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

const GOOD: &str = "allnoconfig:
\tfor o in UML_TIME_TRAVEL_SUPPORT HOSTFS TUN IPV6; do echo CONFIG_$$o=y; done > $(O)/.config
linux:
\techo '  CC      net/ipv4/tcp.o'
\tcp /bin/true $(O)/linux
\tmkdir -p $(O)/include/config
\techo 9.9.9 > $(O)/include/config/kernel.release
\techo '0000000060001000 T tcp_ack' > $(O)/System.map
";

#[test]
fn a_whole_kernel_is_kept_and_nothing_else() {
    let (root, tree) = (tempfile::tempdir().expect("a folder"), tree(GOOD));
    // What a build that was killed has left.
    fs::create_dir(root.path().join(".partial-old")).expect("made");
    for _ in 0..2 {
        let mut steps = Vec::new();
        let kernel =
            build(&plan("mine", Some(tree.path())), root.path(), &AtomicBool::new(false), &mut |step| steps.push(step));
        let kernel = kernel.expect("built");
        assert_eq!((&*kernel.name, &*kernel.version), ("mine", "9.9.9"));
        assert!(kernel.program().is_file() && kernel.symbols().is_file());
        assert_eq!(steps, [Step::Configure, Step::Compile(0), Step::Compile(1)]);
        assert_eq!(entries(root.path()), ["mine"]);
    }
}

#[test]
fn a_build_that_fails_leaves_its_log_alone() {
    let root = tempfile::tempdir().expect("a folder");
    for (makefile, told) in [
        ("allnoconfig:\n\techo no such luck >&2; false\n", "configuring the kernel (exit status: 2) failed"),
        (&GOOD.replace("cp /bin/true", "false #"), "compiling the kernel (exit status: 2) failed"),
        (&GOOD.replace("TUN ", ""), "this kernel has no CONFIG_TUN"),
    ] {
        let tree = tree(makefile);
        let built = build(&plan("mine", Some(tree.path())), root.path(), &AtomicBool::new(false), &mut |_| {});
        let error = built.expect_err("it fails").to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(entries(root.path()), ["mine.log"]);
    }
    let tree = tree(GOOD);
    let stopped = build(&plan("mine", Some(tree.path())), root.path(), &AtomicBool::new(true), &mut |_| {});
    assert!(matches!(stopped, Err(BuildError::Stopped)), "{stopped:?}");
    assert_eq!(entries(root.path()), ["mine.log"]);
}

#[test]
fn names_and_folders_are_checked_first() {
    let root = tempfile::tempdir().expect("a folder");
    let build = |plan: &Plan| build(plan, root.path(), &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(build(&plan("../x", None)), Err(BuildError::Cache(_))));
    assert!(matches!(build(&plan("x", Some(Path::new("/nowhere")))), Err(BuildError::NoSource { .. })));
    assert!(matches!(build(&plan("6.12+kcov", None)), Err(BuildError::Cache(_))));
    assert_eq!(entries(root.path()), [""; 0]);
}

/// A kernel that stays in the cache while the program that built it changes.
#[test]
fn a_kernel_that_would_be_made_otherwise_is_told_of() {
    let (root, tree) = (tempfile::tempdir().expect("a folder"), tree(GOOD));
    let plan = plan("mine", Some(tree.path()));
    let build = || build(&plan, root.path(), &AtomicBool::new(false), &mut |_| {}).expect("built");
    let kernel = build();
    assert!(is_current(&kernel));
    let file = kernel.folder.join(RECIPE);
    let recipe = fs::read_to_string(&file).expect("a recipe");
    for part in ["CONFIG_HOSTFS=y\n", "obj-y += batch.o\n", "debugfs_create_file"] {
        assert!(recipe.contains(part), "{part}");
        fs::write(&file, recipe.replace(part, "")).expect("written");
        assert!(!is_current(&kernel), "{part}");
    }
    fs::remove_file(&file).expect("removed");
    assert!(!is_current(&kernel));
    assert!(is_current(&build()));
}

/// The options make another entry, and one that the kernel does not have is told of.
#[test]
fn what_is_built_in_is_another_kernel() {
    let root = tempfile::tempdir().expect("a folder");
    let tree = tree(&GOOD.replace("TUN ", "TUN KASAN UBSAN "));
    let kasan = Plan { with: Instruments { kcov: false, kasan: true }, ..plan("mine", Some(tree.path())) };
    let kernel = build(&kasan, root.path(), &AtomicBool::new(false), &mut |_| {}).expect("built");
    assert_eq!((&*kernel.name, entries(root.path())), ("mine+kasan", vec!["mine+kasan".to_owned()]));
    assert!(kernel.has("CONFIG_KASAN") && is_current(&kernel));
    let both = Plan { with: Instruments { kcov: true, kasan: true }, ..kasan };
    let build = || build(&both, root.path(), &AtomicBool::new(false), &mut |_| {}).expect_err("no KCOV").to_string();
    assert!(build().contains("failed to read"), "{}", build());
    assert_eq!(entries(root.path()), ["mine+kasan", "mine+kcov+kasan.log"]);
}
