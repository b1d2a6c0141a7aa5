"""What build systems ask for beside the C."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import yaml

from sklearn_ecg import __version__
from sklearn_ecg._constants import PACKAGE_NAMES
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import export_c, quantize
from sklearn_ecg.edge.c import _packages
from sklearn_ecg.edge.c._templates import template_text

ARDUINO = """
#include <stdint.h>
typedef unsigned long size;
struct Port {
    void begin(long) {}
    template <typename T> void print(T) {}
    template <typename T> void println(T) {}
};
static Port Serial;
unsigned long micros();
int analogRead(int pin);
enum { A0, A1 };
"""

ZEPHYR = """
#include <stddef.h>
#include <stdint.h>
typedef long atomic_t;
struct device;
struct adc_sequence;
struct adc_dt_spec { const struct device *dev; uint8_t channel_id; };
enum adc_action { ADC_ACTION_REPEAT };
typedef enum adc_action (*adc_sequence_callback)(
    const struct device *, const struct adc_sequence *, uint16_t);
struct adc_sequence_options { uint32_t interval_us; adc_sequence_callback callback; };
struct adc_sequence {
    const struct adc_sequence_options *options;
    uint32_t channels;
    void *buffer;
    size_t buffer_size;
};
#define DT_PATH(path) 0
#define ADC_DT_SPEC_GET(node) {NULL, 0}
#define ADC_DT_SPEC_GET_BY_IDX(node, index) {NULL, index}
#define BIT(n) (1u << (n))
#define ARG_UNUSED(x) (void)(x)
#define SYS_FOREVER_MS (-1)
#define K_THREAD_DEFINE(name, size, entry, a, b, c, priority, options, delay) \\
    static void (*const name)(void *, void *, void *) = entry
void k_thread_start(void (*thread)(void *, void *, void *));
int k_msleep(int ms);
long atomic_inc(atomic_t *target);
int adc_read(const struct device *, const struct adc_sequence *);
int adc_sequence_init_dt(const struct adc_dt_spec *, struct adc_sequence *);
int adc_channel_setup_dt(const struct adc_dt_spec *);
int adc_is_ready_dt(const struct adc_dt_spec *);
"""

ESP_IDF = """
#define ESP_OK 0
#define ESP_ERROR_CHECK(code) (void)(code)
#define pdMS_TO_TICKS(ms) (ms)
enum { ADC_CHANNEL_0, ADC_CHANNEL_1 };
enum { ADC_UNIT_1, ADC_ATTEN_DB_12, ADC_BITWIDTH_DEFAULT };
typedef struct unit *adc_oneshot_unit_handle_t;
typedef struct { int unit_id, clk_src, ulp_mode; } adc_oneshot_unit_init_cfg_t;
typedef struct { int atten, bitwidth; } adc_oneshot_chan_cfg_t;
typedef struct timer *esp_timer_handle_t;
typedef struct { void (*callback)(void *); const char *name; } esp_timer_create_args_t;
int adc_oneshot_new_unit(
    const adc_oneshot_unit_init_cfg_t *, adc_oneshot_unit_handle_t *);
int adc_oneshot_config_channel(
    adc_oneshot_unit_handle_t, int, const adc_oneshot_chan_cfg_t *);
int adc_oneshot_read(adc_oneshot_unit_handle_t, int, int *);
int esp_timer_create(const esp_timer_create_args_t *, esp_timer_handle_t *);
int esp_timer_start_periodic(esp_timer_handle_t, uint64_t);
void vTaskDelay(unsigned long);
void app_main(void);
"""

# A board whose converter fails at times.
ESP_BOARD = """
#include <stdint.h>
#include <stdlib.h>
#include "esp_adc/adc_oneshot.h"

static const int counts[] = {
#include "counts.txt"
};
static const int failed[] = {
#include "failed.txt"
};
static unsigned next;
static void (*timer)(void *);

int adc_oneshot_read(adc_oneshot_unit_handle_t unit, int channel, int *count)
{
    if (!failed[next]) {
        *count = counts[next];
    }
    return failed[next++];
}

int adc_oneshot_new_unit(
    const adc_oneshot_unit_init_cfg_t *a, adc_oneshot_unit_handle_t *b)
{
    return 0;
}

int adc_oneshot_config_channel(
    adc_oneshot_unit_handle_t a, int b, const adc_oneshot_chan_cfg_t *c)
{
    return 0;
}

int esp_timer_create(const esp_timer_create_args_t *given, esp_timer_handle_t *made)
{
    timer = given->callback;
    return 0;
}

int esp_timer_start_periodic(esp_timer_handle_t made, uint64_t microseconds)
{
    return 0;
}

void vTaskDelay(unsigned long ms)
{
    for (int i = 0; i < 25; ++i) {
        if (next == sizeof counts / sizeof *counts) {
            exit(0);
        }
        timer(0);
    }
}

int main(void)
{
    app_main();
}
"""

CMSIS = """
#include <stdint.h>
extern uint32_t SystemCoreClock;
void SystemCoreClockUpdate(void);
uint32_t SysTick_Config(uint32_t ticks);
void __WFI(void);
"""

# A board that calls SysTick_Handler every 1,000 instructions, until the strip is read.
BOARD = """
#include <stdint.h>
#include "heart.h"
#include "strip.h"

#define SYSTICK ((volatile uint32_t *)0xE000E010)

uint32_t SystemCoreClock;
int main(void);
int16_t read_converter(void);
void tell(const heart_event *event);
void tell_rhythm(const heart_episode *episode);
void SysTick_Handler(void);
void reset(void);
extern uint32_t stack_top[];

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    stack_top, (void *)reset, [15] = (void *)SysTick_Handler,
};

void reset(void)
{
    main();
}

static void call_emulator(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

/* An interrupt every 25 ticks, which are 1,000 instructions here. */
void SystemCoreClockUpdate(void)
{
    SystemCoreClock = 25u * HEART_DEVICE_RATE;
}

uint32_t SysTick_Config(uint32_t ticks)
{
    SYSTICK[1] = ticks - 1u;
    SYSTICK[2] = 0u;
    SYSTICK[0] = 7u;
    return 0u;
}

void __WFI(void)
{
    __asm__ volatile("wfi");
}

int16_t read_converter(void)
{
    static uint32_t next;
    if (next == sizeof strip / sizeof *strip) {
        call_emulator(0x18, (const void *)0x20026);
    }
    return strip[next++];
}

void tell_rhythm(const heart_episode *episode)
{
    (void)episode;
}

void tell(const heart_event *event)
{
    char text[] = "          \\n";
    uint32_t number = event->r_sample;
    for (int place = 9; place >= 0; --place) {
        text[place] = (char)('0' + number % 10u);
        number /= 10u;
    }
    call_emulator(4, text);
}
"""

# Of each system its example, and the headers of the system that it includes, which
# declare here what their documentation says.
EXAMPLES = {
    "cmake": ("examples/heart_cmake/main.c", {}),
    "cmsis-pack": (
        "examples/heart_cmsis/main.c",
        {"RTE_Components.h": '#define CMSIS_device_header "d.h"', "d.h": CMSIS},
    ),
    "esp-idf": (
        "examples/heart_esp/main/main.c",
        {
            "esp_adc/adc_oneshot.h": ESP_IDF,
            "esp_err.h": "",
            "esp_timer.h": "",
            "freertos/FreeRTOS.h": "",
            "freertos/task.h": "",
        },
    ),
    "platformio": ("examples/heart_pio/src/main.cpp", {"Arduino.h": ARDUINO}),
    "zephyr": (
        "samples/heart/src/main.c",
        {
            "zephyr/drivers/adc.h": ZEPHYR,
            "zephyr/kernel.h": "",
            "zephyr/sys/atomic.h": "",
        },
    ),
}
EXAMPLES["qemu"] = "examples/heart_qemu/main.c", {}
EXAMPLES["arduino"] = "examples/heart/heart.ino", {"Arduino.h": ARDUINO}


@pytest.fixture(params=["chain", "classifier"])
def model(request, chain, quantized):
    return chain if request.param == "chain" else quantized


def test_platformio_builds_the_module_and_its_test_without_a_main(model, tmp_path):
    export_c(model, tmp_path, "heart", package="platformio")
    library = json.loads((tmp_path / "library.json").read_text())
    assert library["name"] == "heart"
    assert library["headers"] == "heart.h"
    assert library["build"]["srcFilter"] == "+<heart.c> +<heart_selftest.c>"
    assert library["build"]["flags"] == "-DHEART_SELFTEST_NO_MAIN"
    (example,) = library["examples"]
    for file in example["files"]:
        assert (tmp_path / example["base"] / file).is_file()


def assert_compiles(system, directory, compiler):
    """Compile the example of a system, beside headers that stand for its own."""
    example, headers = EXAMPLES[system]
    beside = directory / "beside"
    for name, text in headers.items():
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        (beside / name).write_text(text)
    language = ["-x", "c", "-std=c99"] if example.endswith(".c") else ["-x", "c++"]
    command = [compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
    if system == "qemu":  # It speaks to the core.
        command += ["--target=thumbv7em-none-eabi", "-ffreestanding"]
    command += [f"-I{directory}", f"-I{beside}", *language, directory / example]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (directory / example).read_text()


@pytest.mark.parametrize("system", PACKAGE_NAMES)
def test_the_example_is_code_that_a_compiler_takes(
    system, model, chain, tmp_path, tool
):
    export_c(model, tmp_path, "heart", package=system)
    text = assert_compiles(system, tmp_path, tool("clang"))
    if model is chain:
        assert "heart_stream_push(" in text
        assert "heart_stream_next(" in text


def test_the_examples_read_both_leads_of_a_chain_of_two(
    device_pipeline, tmp_path, tool
):
    beats = make_ecg(1, duration=60, sampling_rate=250, leads=("MLII", "V1"))
    model = MultiLeadPipeline(device_pipeline.steps)
    both = quantize(model, beats.records, sampling_rate=250, fine_tune_epochs=0)
    export_c(both, tmp_path, "heart", package=PACKAGE_NAMES)
    for system in PACKAGE_NAMES:
        text = assert_compiles(system, tmp_path, tool("clang"))
        # None of the others is told by its driver that a read failed.
        off = r"first_is_off \| second_is_off << 1" if system == "esp-idf" else "0"
        call = rf"heart_stream_push\(&stream, [^,]+, [^,]+,\s+{off}\)"
        assert re.search(call, text), system


def test_arduino_finds_the_header(model, tmp_path):
    export_c(model, tmp_path, "heart", package=["arduino"])
    properties = (tmp_path / "library.properties").read_text()
    assert "name=heart\n" in properties
    assert "includes=heart.h\n" in properties


def test_every_file_that_a_pack_names_is_in_it(model, tmp_path):
    export_c(model, tmp_path, "heart", package="cmsis-pack")
    pack = ET.parse(tmp_path / "sklearn_ecg.heart.pdsc").getroot()
    named = [file.get("name") for file in pack.iter("file")]
    assert {"heart.h", "heart.c", "heart_selftest.c"} < set(named)
    assert all((tmp_path / name).is_file() for name in named)
    # What the schema requires, and what its types allow.
    for tag in ("vendor", "name", "description", "url", "releases"):
        assert len(pack.findall(tag)) == 1
    assert pack.find("releases/release").get("version") == __version__
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", __version__)
    identities = {
        tuple(component.get(key) for key in ("Cclass", "Cgroup", "Csub"))
        for component in pack.iter("component")
    }
    assert len(identities) == 2
    assert {len(part) in range(3, 33) for each in identities for part in each} == {True}


def test_an_interrupt_that_pushes_while_the_main_loop_polls_changes_nothing(
    chain, tmp_path, tools_of
):
    tools_of("cortex-m4")
    export_c(chain, tmp_path, "heart", package="cmsis-pack")
    selftest = json.loads((tmp_path / "heart.json").read_text())["selftest"]
    samples = ", ".join(map(str, selftest["samples"]))
    script = template_text("firmware/link.ld")
    for key, number in {
        "FLASH_ORIGIN": 0,
        "FLASH_LENGTH": 0x400000,
        "RAM_ORIGIN": 0x20000000,
        "RAM_LENGTH": 0x400000,
    }.items():
        script = script.replace(f"@{key}@", hex(number))
    for name, text in {
        "RTE_Components.h": '#define CMSIS_device_header "device.h"',
        "device.h": CMSIS,
        "strip.h": f"static const int16_t strip[] = {{{samples}}};",
        "board.c": BOARD,
        "link.ld": script,
    }.items():
        (tmp_path / name).write_text(text)
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O2", "-I."]
    command += ["-nostdlib", "-ffreestanding", "-DHEART_NO_LIBC", "-Tlink.ld"]
    command += ["board.c", "heart.c", "examples/heart_cmsis/main.c", "-lgcc"]
    subprocess.run([*command, "-o", "a.elf"], cwd=tmp_path, check=True)
    emulator = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-semihosting"]
    emulator += ["-icount", "shift=0,sleep=off", "-kernel", "a.elf"]
    done = subprocess.run(
        emulator,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    found = [int(line) for line in (done.stdout + done.stderr).split()]
    # The last ones wait for beats that the strip has no more.
    expected = [event[0] for event in selftest["events"]]
    assert found == expected[: len(found)]
    assert len(found) >= len(expected) - 2


def told_in_qemu(directory):
    """Build the firmware for the emulator, run it, and return what it prints."""
    subprocess.run(["make", "-s"], cwd=directory, check=True)
    done = subprocess.run(
        ["make", "-s", "run"],
        cwd=directory,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    return (done.stdout + done.stderr).splitlines()


def told_by_twin(chain, counts):
    """Return what the firmware for the emulator has to print, sorted."""
    events = chain.run(counts)
    lines = [f"{each.label} at {each.sample}" for each in events.itertuples()]
    for each in chain.episodes(events, len(counts)).itertuples():
        is_over = each.event == "end"
        when = f"until {each.last}" if is_over else f"since {each.first}"
        lines.append(f"{each.kind} {when}")
    return sorted(lines)


def test_the_firmware_in_qemu_tells_what_the_twin_tells(
    chain, synthetic_beats, tmp_path, tools_of, tool
):
    tools_of("cortex-m4")
    tool("make")
    export_c(chain, tmp_path, "heart", package="qemu")
    example = tmp_path / "examples" / "heart_qemu"
    strip = np.array(
        json.loads((tmp_path / "heart.json").read_text())["selftest"]["samples"]
    )
    counts, lead_off = chain.read(synthetic_beats.records[0])
    assert lead_off is None
    for played in (strip, counts):
        if played is counts:
            np.savetxt(example / "samples.txt", counts, "%d,")
        first, *told, last = told_in_qemu(example)
        assert first == "self-test: failures 0"
        assert last == f"samples {len(played)}"
        expected = told_by_twin(chain, played)
        assert sorted(told) == expected
        assert any("until" in line for line in expected)


def test_a_classifier_in_qemu_runs_its_self_test(quantized, tmp_path, tools_of, tool):
    tools_of("cortex-m4")
    tool("make")
    export_c(quantized, tmp_path, package="qemu")
    example = tmp_path / "examples" / "ecg_beat_qemu"
    assert not (example / "samples.txt").exists()
    assert told_in_qemu(example) == ["self-test: failures 0"]


def test_names_that_a_pack_cannot_have_are_refused(chain, tmp_path):
    with pytest.raises(ValueError, match="of 3 to 32 characters"):
        export_c(chain, tmp_path / "new", "x" * 33, package="cmsis-pack")
    assert not (tmp_path / "new").exists()


def test_a_component_of_esp_idf_is_registered_with_its_files(model, tmp_path, tool):
    export_c(model, tmp_path, "heart", package="esp-idf")
    manifest = yaml.safe_load((tmp_path / "idf_component.yml").read_text())
    assert manifest["version"] == __version__
    assert all((tmp_path / each["path"]).is_dir() for each in manifest["examples"])
    assert "config HEART_SPEED\n" in (tmp_path / "Kconfig").read_text()
    # As ESP-IDF reads the file of a component to learn what it needs.
    script = "function(idf_component_register)\nmessage(${ARGN})\nendfunction()\n"
    script += "foreach(command target_compile_definitions target_compile_options)\n"
    script += "function(${command})\nendfunction()\nendforeach()\n"
    script += "set(ESP_PLATFORM 1)\ninclude(CMakeLists.txt)\n"
    (tmp_path / "script.cmake").write_text(script)
    done = subprocess.run(
        [tool("cmake"), "-P", "script.cmake"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stderr == "SRCSheart.cheart_selftest.cINCLUDE_DIRS.\n"


def test_a_read_that_fails_on_an_esp_is_a_lead_that_is_off_and_no_lost_sample(
    chain, synthetic_beats, tmp_path, tool
):
    export_c(chain, tmp_path, "heart", package="esp-idf")
    counts, _ = chain.read(synthetic_beats.records[0])
    failed = np.zeros(len(counts), dtype=bool)
    failed[[*range(3000, 3040), *range(7000, 7400), 9000]] = True
    example, headers = EXAMPLES["esp-idf"]
    for name, text in headers.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for name, values in (("counts.txt", counts), ("failed.txt", failed)):
        np.savetxt(tmp_path / name, values, "%d,")
    (tmp_path / "board.c").write_text(ESP_BOARD)
    command = [tool("gcc"), "-std=c99", "-O1", "-I.", "board.c", example]
    command += ["heart.c", "heart_selftest.c", "-DHEART_SELFTEST_NO_MAIN", "-o", "a"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "a"], capture_output=True, text=True, timeout=60)
    told = re.findall(r"^(\d+) (\S)$", done.stdout, re.M)
    events = chain.run(counts, failed)
    expected = list(zip(events["sample"].astype(str), events["label"], strict=True))
    # The last ones wait for beats that never come.
    assert told == expected[: len(told)]
    assert len(expected) - 2 <= len(told)
    assert len(chain.run(counts)) > len(expected)


def test_the_module_of_zephyr_names_its_files(model, tmp_path):
    export_c(model, tmp_path, "heart", package=("zephyr", "platformio"))
    module = yaml.safe_load((tmp_path / "zephyr" / "module.yml").read_text())
    build = {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}
    assert module == {"name": "heart", "build": build, "samples": ["samples"]}
    sample = yaml.safe_load((tmp_path / "samples/heart/sample.yaml").read_text())
    assert list(sample["tests"]) == ["sample.heart"]
    settings = (tmp_path / "samples/heart/prj.conf").read_text()
    assert {"CONFIG_ADC=y", "CONFIG_HEART=y"} < set(settings.split())
    cmake = (tmp_path / "zephyr" / "CMakeLists.txt").read_text()
    assert "${CMAKE_CURRENT_LIST_DIR}/../heart.c" in cmake
    assert "CONFIG_HEART" in cmake
    assert "config HEART\n" in (tmp_path / "zephyr" / "Kconfig").read_text()


def test_the_sketch_is_no_source_that_arduino_builds_twice(chain, tmp_path, tool):
    """Arduino compiles all that is beside the header; one main is enough."""
    export_c(chain, tmp_path, package="arduino")
    command = [tool("gcc"), "-std=c99", "-DARDUINO=10819", "-c", "ecg_beat_selftest.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    listing = subprocess.run(
        [tool("nm"), "ecg_beat_selftest.o"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert " T main" not in listing.stdout
    assert " T ecg_beat_selftest" in listing.stdout


def test_files_of_the_user_that_a_package_would_replace_stay(chain, tmp_path):
    (tmp_path / "Kconfig").write_text("config MINE\n")
    with pytest.raises(ValueError, match=r"Kconfig would be .* with 'config MINE'"):
        export_c(chain, tmp_path, package="esp-idf")
    assert [file.name for file in tmp_path.iterdir()] == ["Kconfig"]


def test_the_help_names_the_systems_that_there_are():
    assert tuple(_packages._FILES) == PACKAGE_NAMES


def test_a_program_in_cpp_takes_the_header_and_links(model, tmp_path, tool):
    export_c(model, tmp_path)
    (tmp_path / "main.cpp").write_text(
        '#include "ecg_beat.h"\nint main() { return ecg_beat_selftest(); }\n'
    )
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    clang, arm = tool("clang"), tool("arm-none-eabi-g++")
    # Without a library of C++.
    commands = [
        [clang, "-O1", "-DECG_BEAT_SELFTEST_NO_MAIN", "-c"],
        [clang, *warnings, "-std=c++11", "-c", "main.cpp"],
        [clang, "main.o", "ecg_beat.o", "ecg_beat_selftest.o", "-o", "main"],
        [arm, *warnings, "-std=c++20", "-mcpu=cortex-m4", "-c", "main.cpp"],
    ]
    commands[0] += ["ecg_beat.c", "ecg_beat_selftest.c"]
    for command in commands:
        subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "main"], check=True)


def test_other_build_systems_are_refused_before_a_file_is_written(chain, tmp_path):
    with pytest.raises(ValueError, match=r"'arduino', 'cmake', .* or 'zephyr'"):
        export_c(chain, tmp_path / "new", package="bazel")
    assert not (tmp_path / "new").exists()
