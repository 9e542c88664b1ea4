// What the sanitizers shall not say about libraries that were not built with them.

extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_options();

// libmongoc counts references by atomic operations, which the thread sanitizer does not see in a library that it did
// not build; what it does see are the calls of free() and memcpy() that they order.
extern "C" const char* __tsan_default_suppressions() {
    return "race:libmongoc-1.0.so\n"
           "race:libbson-1.0.so\n";
}

// libpqxx 6.4 loses one PGresult, about 2 KB, when a connection breaks while a statement is on its way.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libpq.so.5\n";
}

extern "C" const char* __lsan_default_options() {
    return "print_suppressions=0";
}
