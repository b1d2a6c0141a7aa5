import pytest

from sklearn_ecg.edge._trace import count_kinds

PHASES = {"heart_push": "push", "heart_poll": "poll", "main": None}

THUMB = """
----------------
IN: main
0x00000100:  f000 f80b  bl       #0x200

Trace 0: 0x1 [00800408/00000100/00000110/ff000200] main
----------------
IN: heart_push
0x00000200:  b570       push     {r4, r5, lr}
0x00000202:  6801       ldr      r1, [r0]
0x00000204:  6842       ldr      r2, [r0, #4]
0x00000206:  4b01       ldr      r3, [pc, #4]
0x00000208:  fb01 3302  mla      r3, r1, r2, r3
0x0000020c:  5083       str      r3, [r0, r2]
0x0000020e:  d1f8       bne      #0x202

Trace 0: 0x2 [00800408/00000200/00000110/ff000200] heart_push
----------------
IN: heart_push
0x00000202:  6801       ldr      r1, [r0]
0x00000204:  d1f8       bne.w    #0x202

Trace 0: 0x3 [00800408/00000202/00000110/ff000200] heart_push
----------------
IN: memset
0x00000206:  bd70       pop      {r4, pc}

Trace 0: 0x4 [00800408/00000206/00000110/ff000200] memset
----------------
IN: main
0x00000104:  e7fe       b        #0x104

Trace 0: 0x5 [00800408/00000104/00000110/ff000200] main
Trace 0: 0x3 [00800408/00000202/00000110/ff000200] heart_push
Trace 0: 0x5 [00800408/00000104/00000110/ff000200] main
"""

RISC_V = """
IN: heart_poll
0x20400000:  00052583          lw              a1,0(a0)
0x20400004:  4641              li              a2,16
0x20400006:  0045a683          lw              a3,4(a1)
0x2040000a:  02d585b3          mul             a1,a1,a3
0x2040000e:  00b52223          sw              a1,4(a0)
0x20400012:  fed597e3          bne             a1,a3,-20

Trace 0: 0x1 [00000000/20400000/00000003/00000000] heart_poll
Trace 0: 0x1 [00000000/20400000/00000003/00000000] heart_poll
IN:
0x20400016:  02c5c5b3          div             a1,a1,a2
0x2040001a:  8082              ret

Trace 0: 0x2 [00000000/20400016/00000003/00000000]
Trace 0: 0x3 [00000000/20400016/00000003/00000000] main
"""


def test_blocks_of_thumb_are_counted_by_kind_in_the_phase_that_runs_them():
    found = count_kinds(THUMB.splitlines(), PHASES, is_arm=True)
    assert found["poll"] == {}
    assert found["push"] == {
        "instructions": 12,
        # Three registers pushed, and two popped, of which one says where to go on.
        "multiple": 2,
        "registers": 5,
        "return": 1,
        # Each first one of a block waits; the one after it overlaps.
        "load": 3,
        "load_next": 1,
        "load_constant": 1,
        "multiply_add": 1,
        "store_by_register": 1,
        # To 0x202; on to what follows; and, after main, to main again.
        "taken": 2,
        "not_taken": 1,
    }


def test_blocks_of_a_riscv_are_counted_by_kind():
    lines = RISC_V.splitlines()[:-1] + ["Trace 0: 0x1 [0/20400000/3/0] main"]
    found = count_kinds(lines, PHASES, is_arm=False)
    assert found["poll"] == {
        "instructions": 14,
        "load": 2,
        "load_needed": 2,
        "other": 2,
        "multiply": 2,
        "store": 2,
        "taken": 1,
        "not_taken": 1,
        "divide": 1,
        "call": 1,
    }


@pytest.mark.parametrize("is_arm", [True, False])
def test_of_nothing_nothing_is_counted(is_arm):
    found = count_kinds([], PHASES, is_arm=is_arm)
    assert found == {"push": {}, "poll": {}}
