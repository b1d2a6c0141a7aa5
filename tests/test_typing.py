"""Every public signature says its types; mypy checks them (`make lint`)."""

import importlib
import inspect
import pkgutil

import pytest

import sklearn_ecg


def public_modules():
    """The package, and its modules and folders whose names say that they are public."""
    names = [module.name for module in pkgutil.iter_modules(sklearn_ecg.__path__)]
    public = [f"sklearn_ecg.{name}" for name in names if not name.startswith("_")]
    modules = [sklearn_ecg, *map(importlib.import_module, public)]
    return [module for module in modules if hasattr(module, "__all__")]


def methods_of(owner):
    """Yield name and function of what a class of this package lets others call."""
    for family in inspect.getmro(owner):
        if not family.__module__.startswith("sklearn_ecg."):
            continue
        for name, member in vars(family).items():
            if isinstance(member, property):
                member = member.fget
            elif isinstance(member, (classmethod, staticmethod)):
                member = member.__func__
            is_public = name == "__init__" or not name.startswith("_")
            if is_public and inspect.isfunction(member):
                yield name, member


def public_functions():
    """Return all public functions and methods by their names."""
    functions = {}
    for module in public_modules():
        for name in module.__all__:
            item = getattr(module, name)
            if inspect.isfunction(item):
                functions[f"{item.__module__}.{name}"] = item
            elif inspect.isclass(item):
                owner = f"{item.__module__}.{name}"
                functions |= {f"{owner}.{m}": call for m, call in methods_of(item)}
    return functions


FUNCTIONS = public_functions()


def test_the_public_functions_are_found():
    assert len(FUNCTIONS) > 60
    assert "sklearn_ecg.windows._segmenter.BeatSegmenter.transform" in FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_signature_says_the_types_of_all_it_takes_and_gives(name):
    signature = inspect.signature(FUNCTIONS[name])
    untyped = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.annotation is parameter.empty
    ]
    assert set(untyped) <= {"self", "cls"}
    assert signature.return_annotation is not signature.empty
