// SPDX-License-Identifier: Apache-2.0
#include <onnx.pb.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "worker/export.h"
#include "worker/plain_model.h"

namespace lambdaml {

namespace {

using Dimensions = std::vector<std::int64_t>;

// A graph that grows node by node. Every value has a name; nodes are written in the order of their computation.
class Graph {
 public:
  explicit Graph(onnx::GraphProto& graph) : graph_(graph) {}

  onnx::NodeProto& Node(const char* operation, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(operation);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  void Constant(const std::string& name, const Dimensions& shape, const std::vector<float>& values) {
    onnx::TensorProto& tensor = Tensor(name, shape, onnx::TensorProto::FLOAT);
    for (const float value : values) tensor.add_float_data(value);
  }
  void Constant(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = Tensor(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
  }
  void Constant(const std::string& name, const std::vector<std::string>& values) {
    onnx::TensorProto& tensor = Tensor(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::STRING);
    for (const std::string& value : values) tensor.add_string_data(value);
  }

  // A dimension of -1 is the number of rows.
  void Input(const char* name, const Dimensions& shape) {
    Describe(*graph_.add_input(), name, onnx::TensorProto::FLOAT, shape);
  }
  void Output(const char* name, onnx::TensorProto::DataType type, const Dimensions& shape) {
    Describe(*graph_.add_output(), name, type, shape);
  }

 private:
  onnx::TensorProto& Tensor(const std::string& name, const Dimensions& shape, onnx::TensorProto::DataType type) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t extent : shape) tensor.add_dims(extent);
    return tensor;
  }

  static void Describe(onnx::ValueInfoProto& value, const char* name, onnx::TensorProto::DataType type,
                       const Dimensions& shape) {
    value.set_name(name);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const std::int64_t extent : shape) {
      onnx::TensorShapeProto::Dimension& dimension = *tensor.mutable_shape()->add_dim();
      if (extent < 0) {
        dimension.set_dim_param("N");
      } else {
        dimension.set_dim_value(extent);
      }
    }
  }

  onnx::GraphProto& graph_;
};

void SetInteger(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void SetNumber(onnx::NodeProto& node, const char* name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void SetIntegers(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

// The labels as integers, if all are.
std::optional<std::vector<std::int64_t>> IntegersOf(const std::vector<std::string>& classes) {
  std::vector<std::int64_t> integers;
  for (const std::string& name : classes) {
    const auto integer = ParseInteger(name);
    if (!integer) return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

// alpha rows . weight^T + bias
void AddProduct(const PlainModel& plain, const std::string& rows, float alpha, const std::vector<float>& bias,
                const std::string& output, Graph& graph) {
  const auto outputs = static_cast<std::int64_t>(plain.rows);
  graph.Constant("weight", {outputs, static_cast<std::int64_t>(plain.columns)}, plain.weight);
  graph.Constant("bias", {outputs}, bias);
  onnx::NodeProto& product = graph.Node("Gemm", {rows, "weight", "bias"}, output);
  SetInteger(product, "transB", 1);
  SetNumber(product, "alpha", alpha);
}

// One output z of two classes becomes a score for each: (1 - p, p) or (-z, z).
void AddScores(const PlainModel& plain, Graph& graph) {
  const bool probabilities = plain.kind == PlainKind::kProbabilities;
  if (plain.rows > 1) {
    AddProduct(plain, "rows", 1, plain.bias, probabilities ? "outputs" : "scores", graph);
    if (probabilities) SetInteger(graph.Node("Softmax", {"outputs"}, "scores"), "axis", 1);
    return;
  }
  AddProduct(plain, "rows", 1, plain.bias, "output", graph);
  graph.Node("Neg", {"output"}, "opposite");
  SetInteger(graph.Node("Concat", {"opposite", "output"}, probabilities ? "outputs" : "scores"), "axis", 1);
  if (probabilities) graph.Node("Sigmoid", {"outputs"}, "scores");
}

void AddClasses(const PlainModel& plain, const std::vector<std::string>& classes, Graph& graph) {
  AddScores(plain, graph);
  onnx::NodeProto& winner = graph.Node("ArgMax", {"scores"}, "number");
  SetInteger(winner, "axis", 1);
  SetInteger(winner, "keepdims", 0);
  const auto integers = IntegersOf(classes);
  if (integers) {
    graph.Constant("classes", *integers);
  } else {
    graph.Constant("classes", classes);
  }
  graph.Node("Gather", {"classes", "number"}, "label");
  graph.Output("label", integers ? onnx::TensorProto::INT64 : onnx::TensorProto::STRING, {-1});
  graph.Output("scores", onnx::TensorProto::FLOAT, {-1, static_cast<std::int64_t>(classes.size())});
}

// |x - c|^2 = |x|^2 + (|c|^2 - 2 x . c)
void AddClusters(const PlainModel& plain, Graph& graph) {
  std::string rows = "rows";
  const auto columns = static_cast<std::int64_t>(plain.columns);
  if (!plain.standardise.mean.empty()) {
    graph.Constant("mean", {columns}, plain.standardise.mean);
    graph.Constant("scale", {columns}, plain.standardise.scale);
    graph.Node("Sub", {"rows", "mean"}, "centred");
    graph.Node("Div", {"centred", "scale"}, "standardised");
    rows = "standardised";
  }
  std::vector<float> norms;
  for (std::size_t row = 0; row < plain.rows; ++row) {
    double norm = 0;
    for (std::size_t i = 0; i < plain.columns; ++i) {
      const double value = plain.weight[row * plain.columns + i];
      norm += value * value;
    }
    norms.push_back(static_cast<float>(norm));
  }
  AddProduct(plain, rows, -2, norms, "differences", graph);
  onnx::NodeProto& winner = graph.Node("ArgMin", {"differences"}, "cluster");
  SetInteger(winner, "axis", 1);
  SetInteger(winner, "keepdims", 0);
  graph.Constant("axis", std::vector<std::int64_t>{1});
  SetIntegers(graph.Node("ReduceMin", {"differences"}, "smallest"), "axes", {1});
  graph.Node("Mul", {rows, rows}, "squares");
  graph.Node("ReduceSum", {"squares", "axis"}, "norm");
  graph.Node("Add", {"norm", "smallest"}, "distance");
  graph.Node("Relu", {"distance"}, "squared_distance");  // rounding must not make it negative
  graph.Output("cluster", onnx::TensorProto::INT64, {-1});
  graph.Output("squared_distance", onnx::TensorProto::FLOAT, {-1, 1});
}

}  // namespace

Result<Bytes> ExportOnnx(const TrainedModel& trained) {
  const PlainModel plain = TRY(PlainModelOf(trained));
  onnx::ModelProto model;
  model.set_ir_version(7);
  model.set_producer_name("lambdaml");
  model.set_producer_version(LAMBDAML_VERSION);
  onnx::OperatorSetIdProto& operators = *model.add_opset_import();
  operators.set_domain("");
  operators.set_version(13);
  model.mutable_graph()->set_name(trained.kind.kind);
  Graph graph(*model.mutable_graph());
  graph.Input("rows", {-1, static_cast<std::int64_t>(plain.columns)});
  switch (plain.kind) {
    case PlainKind::kProbabilities:
    case PlainKind::kMargins: AddClasses(plain, trained.classes, graph); break;
    case PlainKind::kNumbers:
      AddProduct(plain, "rows", 1, plain.bias, "prediction", graph);
      graph.Output("prediction", onnx::TensorProto::FLOAT, {-1, 1});
      break;
    case PlainKind::kClusters: AddClusters(plain, graph); break;
  }
  return ToBytes(AsBytes(model.SerializeAsString()));
}

}  // namespace lambdaml
