#!/usr/bin/env bash
# Builds every fuzz target with its seeds and dictionary into $OUT, in the way of OSS-Fuzz. Run in the image of the
# Dockerfile beside it, or by `ci/fuzz-build`, which stands in for that image with folders and the stable toolchain.
set -euo pipefail
cd "${SRC:?the folder of the sources}/rfc793"
: "${OUT:?the folder for the fuzzers}" "${WORK:?a folder for what is not kept}"

# The engine of OSS-Fuzz brings a nightly toolchain and its sanitizer flags; elsewhere stable without one builds as well.
options=(-O)
if [ "${SANITIZER:-none}" = none ]; then options=(-s none); fi
cargo fuzz build "${options[@]}"

built=${CARGO_TARGET_DIR:-fuzz/target}/$(rustc -vV | sed -n 's/^host: //p')/release
fuzz/seeds "$WORK/seeds"
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    case $target in
        # It needs a TUN and a network namespace, which no fuzzing cluster gives.
        differential_kernel) continue ;;
        differential_*) dictionary=script ;;
        codec_agree | parse_segment | stack_input) dictionary=packet ;;
        *) dictionary=$target ;;
    esac
    cp "$built/$target" "$OUT/"
    cp "fuzz/dictionaries/$dictionary.dict" "$OUT/$target.dict"
    rm -f "$OUT/${target}_seed_corpus.zip"
    (cd "$WORK/seeds/$target" && zip --quiet --recurse-paths "$OUT/${target}_seed_corpus.zip" .)
done
