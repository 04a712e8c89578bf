/* prompttool.h - where the prompts are. Layer: shell. */
#ifndef GENIE_PROMPTTOOL_H
#define GENIE_PROMPTTOOL_H

#include "base.h"
#include "err.h"

/* The folder of the prompts, new string: `given` (an option; may be NULL), else GENIE_PROMPTS, else
 * share/genie-toolkit/prompts beside the program's bin, else the folder prompts of the source tree
 * that the program was built in, else of the working directory. ERR_IO when there is none. */
char *prompttool_dir(const char *given, struct err *err) MUST_CHECK;

#endif
