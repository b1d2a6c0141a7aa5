"""What ``sklearn-ecg export`` does."""

import importlib.util
from pathlib import Path

import numpy as np

from .._constants import CHAINS
from .._files import check_writable
from ..datasets import fetch_mitdb, is_complete_copy
from ..edge import (
    DeviceChain,
    check_name,
    export_c,
    export_onnx,
    export_page,
    profile,
    quantize,
    ways_onto_a_device,
)
from ..models import load_pretrained_chain, save_model
from ..records import read_recording, recordings_in
from ._inputs import Source, add_leads, find_records, load, load_model, say
from ._playing import play_record

# So many are enough to see how large signals get.
_CALIBRATION_BEATS = 4000
_CALIBRATION_RECORDINGS = 24
"""Enough for a gate, which takes 20."""

_READY_RATE, _READY_GAIN = 250.0, 200.0
"""Hz, and counts per mV, of the chains in the box."""

_READY_DATA = "mitdb"
"""The database that the chains in the box are quantized with."""

_NOT_OF_PAGES = ("package", "onnx", "profile", "play", "no_rhythm")
_OF_CHAINS = {
    "save": "only a whole chain is saved, as a model file is there already",
    "play": "only a whole chain takes a signal",
    "no_rhythm": "only a whole chain has a rhythm",
}


def export(args):
    """Write a model, or a chain that was saved, as C or as a page."""
    _check_options(args)
    model = load_model(args.model, [args.directory], or_chain=True)
    _check_model(args, model)
    path = _record_to_play(args)
    quantized = _quantized(args, model)
    if args.save is not None:
        # At once, so that what has taken minutes is not lost if the rest fails.
        card = getattr(model, "card_", None)
        say(f"Saved: {save_model(quantized, args.save, card=card)}")
    if args.page:
        page = export_page(quantized, args.directory)
        say(f"Written: {page}\nOpen it in a browser: {page.resolve().as_uri()}")
        return
    _write_c(args, model, quantized)
    if path is not None:
        play_record(args, quantized, path)


def _check_options(args):
    """Refuse what can be seen to fail before anything is read."""
    if args.page:
        given = [name for name in _NOT_OF_PAGES if getattr(args, name)]
        if given:
            raise ValueError(f"{_option(given[0])} is not for a page: leave it out.")
        check_writable(args.directory)
    else:
        check_name(args.name, args.package)
    if args.save is not None:
        check_writable(args.save)
    if args.onnx and importlib.util.find_spec("onnx") is None:
        raise ImportError(
            "--onnx needs the package onnx: pip install 'sklearn-ecg[onnx]'"
        )


def _option(name):
    return f"--{name.replace('_', '-')}"


def _check_model(args, model):
    """Refuse a model that no device runs so, and options that are not for it."""
    if isinstance(model, DeviceChain):
        _check_chain(args, model)
        return
    if args.gain is None:
        args.gain = _READY_GAIN
    if args.page and args.rate is None:
        args.rate = _READY_RATE
    if args.rate is None:
        for name, why in _OF_CHAINS.items():
            if getattr(args, name):
                raise ValueError(f"{_option(name)} needs --rate: {why}.")
    _check_exportable(model, args.rate)


def _check_chain(args, chain):
    """Refuse what a chain, which is quantized already, would have to be made for."""
    if args.onnx:
        raise ValueError(
            "--onnx writes the float network, and a chain has none any more: give the "
            "model that it was made of."
        )
    own = {
        "rate": (chain.inputs.sampling_rate, "Hz"),
        "gain": (chain.adc_gain, "counts per mV"),
    }
    for name, (value, unit) in own.items():
        given = getattr(args, name)
        if given not in (None, value):
            raise ValueError(
                f"{args.model} is a chain for {value:g} {unit}, which --{name} "
                f"{given:g} does not change. Leave --{name} out, or give the model "
                "that the chain was made of, to quantize it anew."
            )
        setattr(args, name, value)
    if args.data is not None and not args.play:
        say(f"{args.data} is not read, as {args.model} is quantized already.")


def _check_exportable(model, rate):
    """Refuse a model that no device can run, before any data are read."""
    ways = ways_onto_a_device(model)
    obstacle = ways["windows" if rate is None else "chain"]
    if obstacle and rate is None and not ways["chain"]:
        raise ValueError(
            "Give --rate HZ, the rate of the converter, such as --rate 250: this model "
            "needs the whole signal, in which the C then finds the beats, too. (C that "
            "labels windows is of models trained with --pipeline default.)"
        )
    if obstacle:
        raise ValueError(f"This model cannot be exported so. {obstacle}")


def _record_to_play(args):
    """Return the path of the record to play, which has to be there, or None."""
    if not args.play:
        return None
    lack = "There is no record to play: give --data, where it is."
    path = _records(args, lack).directory / args.play
    read_recording(path)
    return path


def _records(args, lack):
    """Find the records that are given, or else MIT-BIH; say what is lacking."""
    if args.data is not None:
        return find_records(args.data, can_choose=False)
    try:
        return Source(fetch_mitdb(download_if_missing=False))
    except OSError as error:
        raise FileNotFoundError(lack) from error


def _quantized(args, model):
    """Quantize a model, unless that is done."""
    if isinstance(model, DeviceChain):
        return model
    if _is_in_the_box(args):
        say(
            f"Nothing has to be quantized: the chain of {args.model} for "
            f"{_READY_RATE:g} Hz and {_READY_GAIN:g} counts per mV, made with the "
            "MIT-BIH database, is in the box."
        )
        return load_pretrained_chain(str(args.model))
    lack = (
        "There are no beats to calibrate with: give --data, records that the model was "
        "trained on."
    )
    source = _records(args, lack)
    add_leads(model[0], source)
    if args.rate is None:
        return _of_beats(args, model, source)
    chosen = chosen_to_calibrate(recordings_in(source.directory))
    say(
        f"Quantizing with {len(chosen)} recordings, for {args.rate:g} Hz; where "
        "they last 12 hours, it takes a minute or two"
    )
    verbose = int(not args.quiet)
    return quantize(
        model, chosen, sampling_rate=args.rate, adc_gain=args.gain, verbose=verbose
    )


def _is_in_the_box(args):
    """Tell whether the chain that is asked for is there, bit for bit."""
    is_ready = str(args.model) in CHAINS and not args.model.exists()
    if not is_ready or (args.rate, args.gain) != (_READY_RATE, _READY_GAIN):
        return False
    if args.data is None or (args.data == _READY_DATA and not Path(args.data).is_dir()):
        return True
    return is_complete_copy(
        find_records(args.data, can_choose=False).directory, _READY_DATA
    )


def _of_beats(args, model, source):
    beats = load(
        source,
        model[0],
        records=None,
        annotator=args.annotator,
        classes="aami",
        on_invalid=args.on_invalid,
    )
    rows = np.random.default_rng(0).permutation(len(beats.data))[:_CALIBRATION_BEATS]
    say(f"Quantizing with {len(rows)} beats")
    verbose = int(not args.quiet)
    return quantize(model, beats.data.iloc[np.sort(rows)], verbose=verbose)


def chosen_to_calibrate(recordings):
    """Choose recordings to quantize with, spread over all of them."""
    n_chosen = min(len(recordings), _CALIBRATION_RECORDINGS)
    places = np.linspace(0, len(recordings) - 1, n_chosen).round().astype(int)
    return [recordings[place] for place in places]


def _write_c(args, model, quantized):
    """Write the C and what was asked for beside it, and count what it takes."""
    files = export_c(
        quantized,
        args.directory,
        args.name,
        optimize=args.optimize,
        package=args.package,
        rhythm=False if args.no_rhythm else None,
        names=args.names,
    )
    if args.onnx:
        files.append(export_onnx(model, args.directory / f"{args.name}.onnx"))
    say(f"Written: {', '.join(map(str, files))}")
    if args.profile:
        say(f"\n{profile(args.directory, args.profile)}")
