# What each library module needs from outside, by pkg-config name. A module not
# named here needs libc alone; only the module named may include the header.
PKG_json   := libcjson
PKG_yaml   := yaml-0.1
PKG_digest := libmd
PKG_http   := libcurl
PKG_db     := sqlite3
PKG_serve  := libmicrohttpd
LIB_PKGS   := libcjson yaml-0.1 libmd libcurl sqlite3 libmicrohttpd
