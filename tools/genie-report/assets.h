/* assets.h - the hand-written parts of the page: page.css and page.js, which make turns into C. */
#ifndef GENIE_REPORT_ASSETS_H
#define GENIE_REPORT_ASSETS_H

extern const char page_css[];
extern const char page_js[];

#endif
