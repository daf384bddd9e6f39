#include "common/redis/protocol.h"

#include <hiredis/hiredis.h>

#include <charconv>
#include <new>

namespace common::redis {
namespace {

// "*3\r\n", "$5\r\n"
void append_header(std::string& out, char kind, std::size_t count) {
  char text[32];
  text[0] = kind;
  char* end = std::to_chars(text + 1, text + sizeof text - 2, count).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text, end);
}

// hiredis calls these for each piece that it has read, and lets them decide what an object is: here the Reply itself,
// in its place within its array. Without them each reply would be allocated, copied and freed. A null pointer means "no
// memory": no exception may pass through C, and nobody who only says how many elements follow gets the memory for them.
#if HIREDIS_MAJOR >= 1
using Count = std::size_t;
#else
using Count = int;
#endif

constexpr std::size_t elements_max = 1'000'000;  // of one array

Reply& place_of(const redisReadTask* task) {
  if (task->parent == nullptr) return *static_cast<Reply*>(task->privdata) = {};
  return static_cast<Reply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
}

void* on_string(const redisReadTask* task, char* bytes, std::size_t size) try {
  Reply& reply = place_of(task);
  reply.type = task->type == REDIS_REPLY_ERROR ? Reply::Type::error : Reply::Type::text;
  reply.text.assign(bytes, size);
  return &reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* on_array(const redisReadTask* task, Count count) try {
  if (static_cast<std::size_t>(count) > elements_max) return nullptr;
  Reply& reply = place_of(task);
  reply.type = Reply::Type::array;
  reply.elements.resize(static_cast<std::size_t>(count));
  return &reply;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* on_integer(const redisReadTask* task, long long value) {
  Reply& reply = place_of(task);
  reply.type = Reply::Type::integer;
  reply.integer = value;
  return &reply;
}

void* on_nil(const redisReadTask* task) {
  return &place_of(task);
}

void on_free(void*) {}

redisReplyObjectFunctions builders() {
  redisReplyObjectFunctions functions{};  // those of RESP3's types stay empty: nobody asks for RESP3
  functions.createString = on_string;
  functions.createArray = on_array;
  functions.createInteger = on_integer;
  functions.createNil = on_nil;
  functions.freeObject = on_free;
  return functions;
}

}  // namespace

void append_command(std::string& out, Arguments arguments) {
  append_header(out, '*', arguments.size());
  for (const auto argument : arguments) {
    append_header(out, '$', argument.size());
    out.append(argument).append("\r\n");
  }
}

ReplyReader::ReplyReader() : reader_(nullptr, &redisReaderFree) {
  static redisReplyObjectFunctions functions = builders();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = &growing_;
}

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());  // what fails here, next() says
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
    return Error{Failure::internal, std::string("not what Redis says: ") + reader_->errstr};
  }
  if (object == nullptr) return std::optional<Reply>{};
  return std::optional<Reply>(std::move(growing_));
}

}  // namespace common::redis
