use super::*;
use crate::guest::build::make_folder;

#[test]
fn a_source_gets_the_file_and_builds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let makefile = folder.path().join(MAKEFILE);
    make_folder(makefile.parent().expect("a folder")).expect("made");
    fs::write(&makefile, format!("obj-y = a.o\n\n{BEFORE}\nothers\n")).expect("written");
    add(folder.path()).expect("added");
    let text = fs::read_to_string(&makefile).expect("read");
    assert_eq!(text, format!("obj-y = a.o\n\nobj-y += batch.o\n{BEFORE}\nothers\n"));
    let file = fs::read_to_string(folder.path().join(FILE)).expect("read");
    assert!(file.contains("device_initcall(batch_init);"), "{file}");
}

#[test]
fn a_makefile_without_the_place_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let makefile = folder.path().join(MAKEFILE);
    make_folder(makefile.parent().expect("a folder")).expect("made");
    fs::write(&makefile, "obj-y = a.o\n").expect("written");
    let error = add(folder.path()).expect_err("no place").to_string();
    assert!(error.contains("its arch/um/kernel/Makefile has no `obj-$(CONFIG_BLK_DEV_INITRD)"), "{error}");
}
