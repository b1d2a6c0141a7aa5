# SPDX-FileCopyrightText: the sklearn_ecg developers
# SPDX-License-Identifier: BSD-3-Clause
idf_component_register(SRCS main.c)
