/* Replays seeds through a fuzz target without a fuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		if (!file)
			return 1;
		size_t cap = 1 << 20, n;
		uint8_t *data = malloc(cap);
		if (!data)
			return 1;
		n = fread(data, 1, cap, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, n);
		free(data);
	}
	return 0;
}
