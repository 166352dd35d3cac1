// The part of Boost.Asio that is no template, compiled here once instead of in every source that
// names an io_context (BOOST_ASIO_SEPARATE_COMPILATION in cmake/options.cmake).
#include <boost/asio/impl/src.hpp>
