/* SPDX-License-Identifier: MIT */
/*
 * vectors - the known answers of the protocol reference, section 16, as hexadecimal digits
 */
#pragma once

#define VECTOR2_A "c0ffee00112233445566778899aabbccddeeff0102030405060708090a0b0c0d"

#define VECTOR2_B "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"

#define VECTOR2_K                                                                                  \
	"9a2d0844cf22c14e6dd68ad65e50cd636a608d42cf86c6871a5bd7f2f96934b65ad98e15206c8b1c"         \
	"051e474ba7e85d1af0c28dd2678cae1b458ea2dcb61dab20"

#define VECTOR2_M1                                                                                 \
	"920ddfa9422ff87aab187f5d10401feaa3b27131dc2412899d4987227768a80a359629bcb53c1872"         \
	"672607efe32bb3c486b60ee2c774d671901588be95aae26c"

#define VECTOR2_M2                                                                                 \
	"363b6c9b91c06058d5aa339fcb067353a646944d632703fee5c97725b234b088be61113187507537"         \
	"de6faa733ee861f16115d69ddfbb65891efd562bef48fa7e"

#define VECTOR2_SALT "036ee0c7bcb9eda84c9eac97d93decf4"

#define VECTOR2_VERIFIER                                                                           \
	"7c7c85476508946dd636af37d7e8914378cffd616c59d2f83908127238de9e24a470261cdfa903c2"         \
	"b270e7b13224da111d9718dc607208cc9ac90c4827e2ae89"                                         \
	"aa1625b804d21a9b3a8f37f6e43a712ee127866eadce28ff5446601fb99687dc5740a7d46cc97754"         \
	"dc1682f0ed356ac470ad3d90b5819470d7bc65b2d518e02e"                                         \
	"c3a5f968dd647bb8b73c9cfc00d8717eb79a7cb1b7c2c318342932433e0099e98294e3d82ab09629"         \
	"b7df0e5f08334076529132009f972c896c391ec828054417"                                         \
	"3f68028a9f4461d1f5a17e5a70d2c72381cb3868e42c20bc40577617bd08b896bc26eb3246693505"         \
	"8c1570d91be9becca938a667f0ad5013197264bf52c234e2"                                         \
	"1b11797472bd345bb1e2fd6673fe716474d04ebc51241940870e9240e621e72d4e37762f2ee268c7"         \
	"89e8321342068484534ab30c1b4c8d1c519719abae77ffdb"                                         \
	"ecf0109534336bcb3e840fb9d85fb8a0b855533e70f718f5ce7b4ebf27cecea8b3be40c5c532293e"         \
	"71649ede8cf675a1e6f653c831a878de5040f762de36b2ba"

#define VECTOR2_PUBLIC_A                                                                           \
	"d491f35ea91a4f74a2f7dc4103262a73a69490af75589e7227303ce37a5f9190da95c8459ce5cb21"         \
	"d647be9d3858832541fb37a791e63e5e0dbf93f654c3371c"                                         \
	"080ced57f92ad173b70adfdd5f52e3374f736ecf1d24201a21f713a47de235e178bdf154150db1b7"         \
	"b1a9de0e48301493bc46b0268d6003dfe8fa513334261e22"                                         \
	"93f3fbb105216bcd68d89607aa68d4b99c6dafccebdf1897815ab056270370136ba1cea527b5f1bb"         \
	"c1f6a39ff44f91d15021d9aa74ad62e5d6889111b3cf6197"                                         \
	"142b711b446612fd5043b534a5668e94f031fd71f8fa2138c5de89f1af4af633ba1351ab0fa6e8e2"         \
	"a6cc86f5d35d78dc2150d00a787cc774243d946b1cfd912f"                                         \
	"c7a3eaa60d1916e6c65ee62875d275e005e07eaa1f802ce9254cb165b601fd4823a73bb1f5ed083e"         \
	"be6164ed3df7ce316798a0baeecdfe0d0cb0585e4e2427be"                                         \
	"ecfe524917d1c9dfc75ccf35964eb91ebaadccbbb97f40395cd685f542d3b421b021a0b2070acd53"         \
	"8be3e3611172a4a9d1882b25d392f43a6c92869c6e76af91"

#define VECTOR2_PUBLIC_B                                                                           \
	"0fa8fa7ea790d473f3c3e156bdf54b439088cb5d64f1d2b4f83e27b3adc34a7c345ccaa45f95112f"         \
	"61492d4e4925abc33cae07bc34117a921b73debecdd33814"                                         \
	"348fb7d864b1b1f2229917ca8380bca0f227d2eeb47440b829e1bbc484c16523aa04e96b6aab1ac2"         \
	"af9d1bdc7b5396de165e5490784c30655c79041a16f82e33"                                         \
	"0dded8b7a4ca34428a5a02511034f04a5ec264708291ec584e5576ba83fd42ee849260c793f6c169"         \
	"17409c296e13d08f8800f3e14380496892c5192ee87ba167"                                         \
	"cb0487528e45e091f763da80a271b5679644aa64b9e0655f5b78feca2bbe9f23daf9472b2a5af2e6"         \
	"29662e5c0173c5b5afa00d92c805deb35a39c6370e45fe19"                                         \
	"c22fc0f751d248514c1fd64369865ab36aed9184571178b74076c39e26fa7eb253bd286f6a787529"         \
	"4213626ef8d6aec91f770a2e00c987cfa0b81cdcf8a8000b"                                         \
	"a9f32b6eb4c9f9f21aca145c678de3283934bc3c9303e5b68ecc8b7a1c17b574b246d9904c8711d0"         \
	"e9958f6b72447d05e2799719f106e092407f11ad41301102"

#define VECTOR2_CMD0_SHA256 "31a48a0a33c80bfa5a251b73f276c726667d10ea551d3a64f137293d678052a2"

#define VECTOR2_RESP0_HEAD "1002629b030801aa019503128003"

#define VECTOR2_CMD1                                                                               \
	"100262470802b201420a40920ddfa9422ff87aab187f5d10401feaa3b27131dc2412899d49872277"         \
	"68a80a359629bcb53c1872672607efe32bb3c486b60ee2c774d671901588be95aae26c"

#define VECTOR2_RESP1                                                                              \
	"100262550803ba01501240363b6c9b91c06058d5aa339fcb067353a646944d632703fee5c97725b2"         \
	"34b088be61113187507537de6faa733ee861f16115d69ddfbb65891efd562bef48fa7e1a0c010203"         \
	"040506070800000001"

#define VECTOR2_RESP1_PATCH0                                                                       \
	"100262590803ba01541240363b6c9b91c06058d5aa339fcb067353a646944d632703fee5c97725b2"         \
	"34b088be61113187507537de6faa733ee861f16115d69ddfbb65891efd562bef48fa7e1a10a0a1a2"         \
	"a3a4a5a6a7a8a9aaabacadaeaf"

#define VECTOR1_PRIVATE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

#define VECTOR1_CMD0                                                                               \
	"10015a25a201220a208f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e213828"         \
	"5f"

#define VECTOR1_RESP0                                                                              \
	"10015a390801aa01341220de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f"         \
	"882b4f1a10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

#define VECTOR1_CMD1                                                                               \
	"10015a270802b201221220a3e6dae7f731e3757dc76aa7513717fee7f193bd28c340439b1e1149ab"         \
	"a66c8c"

#define VECTOR1_RESP1                                                                              \
	"10015a270803ba01221a20a4ff04c27ce809f351352f4b161bdb3f22042431f3160ca18de4df554a"         \
	"5939ea"

#define VECTOR1_NO_POP_VERIFIER "9bf8f30a56726d82966d2dc7a26caa97a797fd9ad03d891d33a8869e0168550e"

#define VECTOR1_NO_POP_DEVICE "2d361f9e362e5ff2ab9bce1aed45889b01adbace1832b2a8f9f6e3b3ac3372d8"

#define VECTOR1_WRONG_POP_VERIFIER                                                                 \
	"53663c758e32c9272829ab14a525930cc729223a735376c7e52f1c93ac920fef"

/* The 14 messages of the data phase: clear, then as records of security 1 and of security 2 with
 * patch version 1 and 0 (of which the reference has ten). Odd ones are the client's. */
typedef struct VectorRecord {
	const char *clear;
	const char *security1;
	const char *security2;
	const char *security2_patch0;
} VectorRecord;

static const VectorRecord vector_records[] = {
	{
		"520408012078",
		"c229b0dc5503",
		"a4b8d534f1a90d96b124bae6c00962f734fb50b2009b",
		"9cc44c805a3864d94c540f338c265f621d66075d9830",
	},
	{
		"08015a00",
		"b5b8e1ec",
		"f2a94d90525ff881dbcd8f62059f893cc93e5935",
		"c6c11e81c4c429333d5065d22685f2ca8692fad0",
	},
	{
		"08026200",
		"dc35f0c4",
		"b2717dcfaa1dbc6e55aae72584b05f406cc85edb",
		"c6c226817264b2bbfabece423635e8c4e93a0266",
	},
	{
		"08036a0408011002",
		"f67f9c5bf751d7e7",
		"3f9267d159d03ea952eddcaccce5093c6097e5b9376f9924",
		"c6c32e857241297faeb6c72619d81d701f96da0311956e34",
	},
	{
		"080472021002",
		"c652069f5a33",
		"7b8bd22526de16169fe0c21ab5671a95d7ac2cdb18b8",
		NULL,
	},
	{
		"08057a400a200a07486f6d654e6574100618d0ffffffffffffffff0122060a1b2c3d4e5f28030a1c"
		"0a054775657374100b18b9ffffffffffffffff0122060a1b2c3d4e60",
		"8044fe002802cac2bff4a9631a14088d5556c1886e97e318f13e5bac148f86c935f5973d39743590"
		"e1180c6b914ccbd5f28b15630332073e893aebb46ba327bc1a7db9e3",
		"ecfb33a567340abe58ae16f5cd06e44eeeee1fa187610244193a1e50b30db4f5bdadadb7922c1fa6"
		"7a77db7e3d31e818840a8eb2f1a7238c33220101e136df3afb59985b9523fee680ff67b3dc4ff580"
		"151c8655",
		NULL,
	},
	{
		"080262160a07486f6d654e6574120b7365637265742d70617373",
		"0e19f0466af28509578ba3d8ad938c07472cee468fe7ccdba917",
		"32848bbc7d9a96c1cf771781fa03903bb91fdd3458f45b24e0e810607941dd14dbdc0806de5b07fa"
		"bad7",
		"c6c22697704771126c808c842cec4934c36966467fe279e50d3d640f827808e5929ad3e1e5cf38ed"
		"d491",
	},
	{
		"08036a00",
		"2f7c99b7",
		"ec626d6739fbb348d04f3db79b85fda145dab293",
		"c6c32e81069a8b53c69389910205138c55e6fa76",
	},
	{
		"08047200",
		"30e22d9f",
		"c56b633d3f7b88a5fbcc5923aa22f92efc701af1",
		"c6c43681a1c2f77bf1c83d4dc276e4a0c93de281",
	},
	{
		"08057a00",
		"e1359ea5",
		"216c1d2c5b0551621907030a05f0bf166867b7da",
		"c6c53e81d53cce93cde57a9ef6461fe875e11a91",
	},
	{
		"5200",
		"b3b2",
		"049633941d822aa14c2d204fac7269459d3d",
		NULL,
	},
	{
		"08015a021001",
		"b2cc941f0de0",
		"5d2a643fa7ea3fbe6844028cf0c7759ab639ca451d77",
		NULL,
	},
	{
		"5200",
		"cfa1",
		"6477ea90b8212d77555de4eded114e2e9dca",
		NULL,
	},
	{
		"08015a255a230a0c3139322e3136382e312e353710031a07486f6d654e657422060a1b2c3d4e5f28"
		"06",
		"089e8f00d45c9611dd07f1c94a6d468a2896b26ac332f8ad6ab73ced2b59170f70796a350bfbdf1b"
		"71",
		"631f51fc581b41f6999fdb746d08950056583d94124de9b77d60ee8d54e87b2b733a540d4d038478"
		"80bb54e397f1d9d0807d8c37d1a111633a",
		NULL,
	},
};

/* Leading zeros: offsets added to a and b above. */
typedef struct VectorZero {
	const char *name;
	unsigned a_offset;
	unsigned b_offset;
	const char *public_a_sha256; /* NULL: as above */
	const char *public_b_sha256;
	const char *key;
	const char *m1;
	const char *m2;
} VectorZero;

static const VectorZero vector_zeros[] = {
	{
		"public-a",
		438,
		0,
		"1540e2476f3b2bf2a155ffee160287c061bf5fe32320b55419149557a12f9636",
		NULL,
		"b0b518670cc54a0e93c43c5135c5133f50883927667287e562f1d462f2f5cc37ea44348c5fed3652"
		"ba3661348bae3c5832784584711ec24993159d40fb75e418",
		"28ce3792a6e6cf240f9589be42f2a89a67fac32bba35c83c46b1e2e9ceb590adf1f26d148ec0a2f5"
		"bed3c5bc2aa3628d5513d8c8231ac82d81672da1bd3d982d",
		"f1c7039bc5adfaf3f09b6d53b3ab529b0e08ad6f42d8422a06895b7dd73170c57d82c1638f6d132f"
		"6e20de0ba45a1d6ae4e19bdfeea174ab19cbb96887a55d1f",
	},
	{
		"public-b",
		0,
		738,
		NULL,
		"fa353c604da372adf9a5d7ee759bce4708ae72a73fd444f82c35ddcaee3d476e",
		"aba3aee40bb9fe089aa49f9f12f527f9d6a8737121c50bee97f80a53785a1c477ff4413d5d50736e"
		"e40f89f8de4adf66bf7bdc81fa3890f15349bd442d77c436",
		"033a15c2135c0ef6c01ab417937b282bbf883a4ff9ea5bbe8e6cecfb63494d4de1f62e00ca88ee57"
		"189257925fd81cd7345c18f11d63a1d464a942bd4438c5af",
		"8139eb29f433ad6e160eb72199bfb592398b812e7991fbbb79985fe9d87ea9ee0800ec0c55f567af"
		"1b57586c4da16bcb4af499d4b3d29ea130c598f3499b421a",
	},
	{
		"secret",
		0,
		380,
		NULL,
		"31aa996a8300c7d58e3a8d980a9f8d40d19096936e46eef4ced67523ced1536d",
		"ce46a6ceb33ba2c971f02fec8bc632aa26575cc056ae1e551c01a40447b3ff03be6a2b13d0713958"
		"df3077df769a8a170c105fd1e3cfa7e3e897c6822dd6fb61",
		"94d2d6f35cfacf3fac65fa48c34388f08404bd24667655d6661c68283cb185a7d11b4aab1b3d0fce"
		"545d0e6aab1b33e8c101098f58c2f49fc5296f0cb456d806",
		"5b9797fed42e83e38792d4628123aa5f2b5a58cb936182ceba75735bb6d10c96e79b475c728483b2"
		"727337752cc941ad069ebf1b24441f6e28d3c86f3a2c1946",
	},
	{
		"key",
		0,
		487,
		NULL,
		"00360b5991097b049724cbe5edd2350997460fdcfae07e7b3bf96691811f5af6",
		"00124a3738160be6a870e86b4e992c429a0d953de7dc0f89d016aa3cdb0299f545ba7dbedcb7b456"
		"5615d77317bd384e67ae4e058c15e81538b094633e6faecc",
		"7fda071bb470c43a19ed044ca984eab6a03a65ab0a4754d97b32adf6f1eab3561304e6d8cc24251d"
		"81f575992c52dd9f005cb7e6a4f82bb728afa0e6f251b972",
		"8eaca23f3296309de2ea6467add72d33c1db22866561a3d0f40a43cc8062bbc4f55bbab5bb1ec14a"
		"f624d5dec47e90f432a7d7a252f0a4d274c096ec50ebe5e5",
	},
	{
		"proof",
		0,
		664,
		NULL,
		"24ab5f351164a973a90aad9c0537d2f4c0e824fb24d8d0fe7a73ee7e7f58de0f",
		"9e6749496b6771bb52bf68332990e655c5034777e7f81729c7c2b25ea20c369e85f94c40a39dc7d7"
		"e608212e7cd8ab5cb69b0449da2dadb2256a3c011fe93acd",
		"00f4f46931b6603b1a592a3023a7a86044b50cb72f273c6d530310d669b61398495ff9f076d3841d"
		"755a4ffb58b5f1a6e749bd0983643808a8b1fde9ad583a02",
		"1a267753db2d20ceba950ed8bc65df506e54591d46fcd45fc2e92227817345279a2fec453e0a0468"
		"107d57bc864fbe7d47a884757d9dfb14eadf28b284e3a4b4",
	},
};
