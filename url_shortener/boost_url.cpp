// Boost.URL, compiled into this library as long as it comes as headers only (Debian 12's 1.81). From 1.83 on
// it is a library to link, which CMakeLists.txt does.

#include <boost/version.hpp>

#if BOOST_VERSION < 108300
#include <boost/url/src.hpp>
#endif
