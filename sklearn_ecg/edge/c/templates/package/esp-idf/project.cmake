# SPDX-FileCopyrightText: the sklearn_ecg developers
# SPDX-License-Identifier: BSD-3-Clause
# idf.py set-target esp32c3 && idf.py flash monitor, in this folder.
cmake_minimum_required(VERSION 3.16)
set(EXTRA_COMPONENT_DIRS ${CMAKE_CURRENT_LIST_DIR}/../..)
include($ENV{IDF_PATH}/tools/cmake/project.cmake)
project(ecg_beat_esp)
