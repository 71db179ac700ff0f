/// The permutation Poseidon2 on twelve Goldilocks numbers and its sponge, with Lighter's constants.
/// (Grassi, Khovratovich and Schofnegger, "Poseidon2"; elliottech/poseidon_crypto.)
package enum Poseidon2 {
  package typealias State = InlineArray<12, Goldilocks>

  package static func permute(_ state: inout State) {
    externalLayer(&state)
    for round in 0..<4 { fullRound(round, &state) }
    for round in 0..<22 {
      state[0] = (state[0] + Goldilocks(internalConstants[round])).seventhPower
      internalLayer(&state)
    }
    for round in 4..<8 { fullRound(round, &state) }
  }

  @inline(__always)
  private static func fullRound(_ round: Int, _ state: inout State) {
    for lane in 0..<12 {
      state[lane] = (state[lane] + Goldilocks(externalConstants[12 * round + lane])).seventhPower
    }
    externalLayer(&state)
  }

  /// Each block of four by a matrix of its own, then the sum of the blocks added to each.
  @inline(__always)
  private static func externalLayer(_ state: inout State) {
    var wide: InlineArray<12, UInt128> = InlineArray { UInt128(state[$0].value) }
    for block in 0..<3 {
      let (a, b) = (wide[4 * block], wide[4 * block + 1])
      let (c, d) = (wide[4 * block + 2], wide[4 * block + 3])
      let sum = a &+ b &+ c &+ d
      wide[4 * block] = sum &+ a &+ b &+ b
      wide[4 * block + 1] = sum &+ b &+ c &+ c
      wide[4 * block + 2] = sum &+ c &+ d &+ d
      wide[4 * block + 3] = sum &+ d &+ a &+ a
    }
    for column in 0..<4 {
      let sum = wide[column] &+ wide[column + 4] &+ wide[column + 8]
      state[column] = Goldilocks(wide: wide[column] &+ sum)
      state[column + 4] = Goldilocks(wide: wide[column + 4] &+ sum)
      state[column + 8] = Goldilocks(wide: wide[column + 8] &+ sum)
    }
  }

  @inline(__always)
  private static func internalLayer(_ state: inout State) {
    var sum: UInt128 = 0
    for lane in 0..<12 { sum = sum &+ UInt128(state[lane].value) }
    let total = UInt128(Goldilocks(wide: sum).value)
    for lane in 0..<12 {
      // (p - 1)² + p fits.
      state[lane] = Goldilocks(wide: UInt128(state[lane].value) &* UInt128(diagonal[lane]) &+ total)
    }
  }
}

extension Poseidon2 {
  /// The sponge: eight numbers at a time overwrite the first lanes; neither padding nor length. At
  /// most eight numbers come out.
  private static func absorb(_ numbers: some Collection<Goldilocks>) -> State {
    var state = State(repeating: .zero)
    var lane = 0
    for number in numbers {
      if lane == 8 {
        permute(&state)
        lane = 0
      }
      state[lane] = number
      lane += 1
    }
    if lane > 0 { permute(&state) }
    return state
  }

  /// The first `count` numbers of the sponge's output.
  package static func hash(_ numbers: [Goldilocks], count: Int) -> [Goldilocks] {
    var state = absorb(numbers)
    var result: [Goldilocks] = []
    while result.count < count {
      if !result.isEmpty { permute(&state) }
      for lane in 0..<min(8, count - result.count) { result.append(state[lane]) }
    }
    return result
  }

  /// Five numbers as one of the extension.
  package static func hashToQuintic(_ numbers: [Goldilocks]) -> GFp5 {
    let state = absorb(numbers)
    return GFp5(state[0], state[1], state[2], state[3], state[4])
  }

  package static func hashToQuintic(_ left: GFp5, _ right: GFp5) -> GFp5 {
    hashToQuintic(left.limbs + right.limbs)
  }
}

extension Poseidon2 {
  private static let externalConstants: InlineArray<96, UInt64> = [
    0xd701_93d1_7ab3_b7d6, 0xa2c3_662a_78a9_162b, 0x7a9f_da82_7556_ad44, 0xe8d5_5018_18c9_9643,
    0x4c7a_8fce_d4d5_fd38, 0x55ab_3898_5c0c_513d, 0x28a1_7bd0_1621_0b0b, 0x8f82_7767_9ec3_2fa8,
    0x768b_3c3d_68a4_60e9, 0x872a_022e_b559_d941, 0xd131_6dd4_b3b9_7973, 0xa7b6_08e5_7832_1000,
    0x3fa0_2c87_b0be_e026, 0x7a38_f002_2e13_c31e, 0x00c0_54f3_c5e8_d20d, 0x439f_50f4_bca7_242f,
    0x4d09_38aa_57cd_517f, 0xb2e0_3ac5_fb6b_9a7d, 0xe29d_1f42_37be_dca8, 0x05b7_c844_bc99_b848,
    0x91cc_0b73_f34e_17ed, 0x876e_4427_694b_d755, 0x6700_2ae0_725c_612d, 0x0535_1f20_e0b6_315f,
    0x2e3b_9ef5_457e_b60b, 0xd9ac_1761_8c37_83dd, 0x0807_528a_d887_4bcf, 0xc78d_546a_455d_2a0e,
    0xf8b9_30c8_1e24_81f0, 0x7127_07d8_dff3_b041, 0xdcb8_c0aa_0b9d_34c3, 0x9bad_dbdf_2ee3_a468,
    0x2dd1_6d50_c517_6c78, 0x89ea_c5cf_bc07_5cd3, 0x2a74_1dea_1815_87f3, 0x1a4d_6aa8_5a11_3d84,
    0x4d73_6286_a238_7e34, 0x8bad_5dfc_4fcb_3ee3, 0x84fb_d03a_db77_c56a, 0x8d5c_dd1a_23ec_53a2,
    0x036f_08f0_8fff_28ec, 0xb717_a3f4_dbdf_b443, 0x58a0_74b5_509d_645c, 0xf92b_f834_e4b8_7718,
    0x1541_c3a0_baa5_ac4b, 0x2214_9e67_83e6_7692, 0x9be8_b5d9_e112_476f, 0x41e0_969f_62ba_bb76,
    0xbc58_5ad3_b944_3dbb, 0xf28d_d320_6975_cbb1, 0xdd88_15e5_3ca0_45e0, 0xde82_c416_b9e7_01ba,
    0xc5cb_8752_33af_a025, 0x7212_697c_d897_ffa9, 0x6784_4790_aa63_cfd7, 0xdc0b_9cfa_97fe_65c3,
    0xe8fe_0918_69a8_2070, 0x6290_2bb2_e413_c6d1, 0x29f9_f500_1fb8_4f57, 0xbe10_1479_6ef5_f8be,
    0x71fe_b53e_9bdb_a19c, 0x2510_54f5_92eb_b71c, 0xe1a5_7643_a4bb_284b, 0xa4ba_6f87_a45b_739b,
    0x2c1f_cade_0b95_8c49, 0xbbb4_24cd_a9a3_e360, 0x2ca6_4735_4c5f_3f54, 0xc927_7b64_d152_e084,
    0xdbc9_ac97_445e_ff17, 0x6f6c_df31_9896_9f70, 0x1de2_9d14_fa76_d8f1, 0x7333_7458_a8cc_1d19,
    0xb87e_775e_2fb3_ab23, 0xf166_a1c7_a565_c80b, 0xb24b_e06f_426c_747f, 0xc281_e8c4_9482_ce00,
    0x5197_4c3b_3b72_6c2d, 0x8744_4cf8_caf7_d619, 0x7c36_2f82_7a58_0ced, 0x9567_af14_6676_47a0,
    0xcbf0_473c_bec5_4e37, 0xe320_9ded_eff4_f620, 0xd43a_d94e_45a4_c4ee, 0x9769_81ee_73f4_1768,
    0xef70_7a22_4e20_7258, 0x2fc7_79e1_0e63_62ee, 0x29b5_ee60_ad8c_891f, 0x96b3_7b39_d8bf_d667,
    0x877d_f68a_8b22_e733, 0x5c41_746f_562c_8d9f, 0x0c9d_7675_1052_b71a, 0xfb34_6534_1bf1_c087,
    0xa0d1_4dc6_14d1_5eb1, 0xdc27_d171_3690_6fa6, 0x482e_163b_05ec_397f, 0x0273_a462_9923_66ef,
  ]

  private static let internalConstants: InlineArray<22, UInt64> = [
    0xa571_418d_9589_7b60, 0x8f32_6765_74fc_f6d3, 0x7311_02d4_e3fb_1bbe, 0x0330_f083_28a8_2d2b,
    0x7f04_49b6_557f_785d, 0x62f0_6210_658d_cbcb, 0xd5a9_8af9_f89c_458b, 0x77ec_6908_3a34_6385,
    0xef7c_a48b_bc27_f890, 0x53e9_652f_61ea_c532, 0xa71c_634a_bff4_f0cc, 0xb16f_5f0d_7e28_ea29,
    0xc9dd_e31d_0a00_3ab2, 0x2dda_df97_7590_2533, 0xe4fa_73fb_1640_8b47, 0x9024_2ebc_00d2_ee59,
    0xbb02_dffd_9f38_1982, 0xdea3_2836_4c50_907c, 0x1395_d3b9_2485_7cf8, 0x7d3e_ad0d_5aec_04e6,
    0xc2f1_2be3_fed7_4668, 0x0ba3_c338_f8c3_d285,
  ]

  private static let diagonal: InlineArray<12, UInt64> = [
    0xc3b6_c08e_23ba_9300, 0xd84b_5de9_4a32_4fb6, 0x0d0c_371c_5b35_b84f, 0x7964_f570_e718_8037,
    0x5daf_18bb_d996_604b, 0x6743_bc47_b959_5257, 0x5528_b936_2c59_bb70, 0xac45_e25b_7127_b68b,
    0xa207_7d7d_fbb6_06b5, 0xf3fa_ac6f_aee3_78ae, 0x0c63_88b5_1545_e883, 0xd27d_bb69_4491_7b60,
  ]
}
