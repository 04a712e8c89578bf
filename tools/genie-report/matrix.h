/* matrix.h - the questions over the iterations, as a table whose cells open. */
#ifndef GENIE_REPORT_MATRIX_H
#define GENIE_REPORT_MATRIX_H

struct data;
struct doc;
struct str;

/* Adds the table with its search and filter; without cells nothing. */
void matrix_add(struct doc *doc, const struct data *data);
/* The data behind the cells and the dialog that shows them: the end of the page. */
void matrix_data(const struct data *data, struct str *out);

#endif
